import type { ServiceSettings } from '#config';
import { JobRegistry, type RegisteredJob } from '#registry';
import type { Store } from '#store';
import { openRegistryStore } from './adapters.js';

/** The list of jobs, opened when it is first read: a service may be there before its MongoDB is. */
export class JobsList {
  private store: Promise<Store> | undefined;

  constructor(private readonly settings: ServiceSettings) {}

  async list(): Promise<RegisteredJob[]> {
    return (await this.registry()).list();
  }

  async begun(name: string, number: number): Promise<void> {
    await (await this.registry()).begun(name, number);
  }

  async end(name: string, ended: Parameters<JobRegistry['end']>[1]): Promise<void> {
    await (await this.registry()).end(name, ended);
  }

  async close(): Promise<void> {
    await (await this.store?.catch(() => undefined))?.close();
  }

  async registry(): Promise<JobRegistry> {
    this.store ??= openRegistryStore(this.settings);
    this.store.catch(() => {
      this.store = undefined;
    });
    return new JobRegistry(await this.store, () => new Date());
  }
}
