import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { JobAudit, JobRegistry, type RegisteredJob, Troubles } from '#registry';
import type { Store } from '#store';

const AGAIN_MS = 1_000;

/** The list of jobs, opened once it can be: a service may be there before its MongoDB is. */
export class JobsList implements Pick<JobRegistry, 'list' | 'find' | 'begun' | 'end'> {
  private store: Promise<Store> | undefined;
  private opened = false;
  private readonly closing = new AbortController();
  private readonly writer = randomUUID();

  constructor(private readonly openStore: () => Promise<Store>) {}

  get isOpen(): boolean {
    return this.opened;
  }

  readonly open = async (): Promise<{ registry: JobRegistry; audit: JobAudit; troubles: Troubles }> => {
    const store = await this.openedStore();
    const now = (): Date => new Date();
    return {
      registry: new JobRegistry(store, now),
      audit: new JobAudit(store, now, this.writer),
      troubles: new Troubles(store, now),
    };
  };

  async list(): Promise<RegisteredJob[]> {
    return (await this.open()).registry.list();
  }

  async begun(name: string, number: number): Promise<void> {
    await (await this.open()).registry.begun(name, number);
  }

  async find(name: string): Promise<RegisteredJob | undefined> {
    return (await this.open()).registry.find(name);
  }

  async end(...ended: Parameters<JobRegistry['end']>): Promise<void> {
    await (await this.open()).registry.end(...ended);
  }

  /** Until it is open, or closed. */
  async keepTrying(onFailure: (error: unknown) => void): Promise<void> {
    while (!this.opened && !this.closing.signal.aborted) {
      await this.openedStore().catch(onFailure);
      await delay(AGAIN_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await (await this.store?.catch(() => undefined))?.close();
  }

  private async openedStore(): Promise<Store> {
    this.store ??= this.openStore();
    this.store.catch(() => {
      this.store = undefined;
    });
    const store = await this.store;
    this.opened = true;
    return store;
  }
}
