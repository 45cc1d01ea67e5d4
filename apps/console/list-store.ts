import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { JobAudit, JobRegistry } from '#registry';
import type { Store } from '#store';
import type { ConsoleParts } from './console-parts.js';

const AGAIN_MS = 1_000;

/** The list of jobs, opened once it can be: a console may be there before its MongoDB is. */
export class ListStore {
  private store: Promise<Store> | undefined;
  private opened = false;
  private readonly closing = new AbortController();
  private readonly writer = randomUUID();

  constructor(private readonly openStore: () => Promise<Store>) {}

  get isOpen(): boolean {
    return this.opened;
  }

  readonly list: ConsoleParts['list'] = async () => {
    const store = await this.open();
    const now = (): Date => new Date();
    return { registry: new JobRegistry(store, now), audit: new JobAudit(store, now, this.writer) };
  };

  /** Until it is open, or closed. */
  async keepTrying(onFailure: (error: unknown) => void): Promise<void> {
    while (!this.opened && !this.closing.signal.aborted) {
      await this.open().catch(onFailure);
      await delay(AGAIN_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await (await this.store?.catch(() => undefined))?.close();
  }

  private async open(): Promise<Store> {
    this.store ??= this.openStore();
    this.store.catch(() => {
      this.store = undefined;
    });
    const store = await this.store;
    this.opened = true;
    return store;
  }
}
