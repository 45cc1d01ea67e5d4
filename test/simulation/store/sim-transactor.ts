import { setMaxListeners } from 'node:events';
import type { CollectionRef, Doc, Patch, StoreTransaction, StoreWriter } from '#store';
import type { Client } from './client.js';
import { verdictOf } from './server-failures.js';
import { SimTransaction } from './sim-transaction.js';

export type Work<T> = (tx: StoreTransaction) => Promise<T>;

/** Runs work until it commits, and asks again for a commit whose outcome is not known, as the adapter does. */
export class SimTransactor {
  constructor(private readonly client: Client) {}

  async transact<T>(label: string, work: Work<T>, signal?: AbortSignal): Promise<T> {
    if (signal) setMaxListeners(0, signal);
    for (let attempt = 1; ; attempt++) {
      this.client.throwIfAborted(signal);
      try {
        return await this.once(label, work, signal);
      } catch (error) {
        await this.recover(label, error, attempt, signal);
      }
    }
  }

  private async once<T>(label: string, work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    const tx = new SimTransaction(this.client, signal);
    try {
      const result = await work(tx);
      if (tx.failure !== undefined) throw tx.failure;
      await this.commit(label, tx, signal);
      return result;
    } catch (error) {
      await tx.abort(label);
      throw tx.failure ?? error;
    }
  }

  private async commit(label: string, tx: SimTransaction, signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await tx.commit(label);
      } catch (error) {
        if (verdictOf(error) !== 'lost') throw error;
        await this.recover(label, error, attempt, signal);
      }
    }
  }

  /** Waits before what failed is tried again; throws where it is for good. */
  private async recover(
    label: string,
    error: unknown,
    attempt: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.client.throwIfAborted(signal);
    const verdict = verdictOf(error);
    if (verdict === 'permanent') throw error;
    this.client.onRetry(label, error, attempt);
    await this.client.pause(verdict, attempt, signal);
  }
}

/** Writes outside of the engine's transactions: each call is one of its own. */
export class SimWriter implements StoreWriter {
  constructor(private readonly transactor: SimTransactor) {}

  async insert(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    await this.transactor.transact('insert', (tx) => tx.insert(collection, docs));
  }

  replace(collection: CollectionRef, docs: readonly Doc[]): Promise<number> {
    return this.transactor.transact('replace', (tx) => tx.replace(collection, docs));
  }

  async put(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    await this.transactor.transact('put', (tx) => tx.put(collection, docs));
  }

  remove(collection: CollectionRef, ids: readonly unknown[]): Promise<number> {
    return this.transactor.transact('remove', (tx) => tx.remove(collection, ids));
  }

  patch<D extends Doc>(collection: CollectionRef, id: unknown, patch: Patch): Promise<D | undefined> {
    return this.transactor.transact('patch', (tx) => tx.patch<D>(collection, id, patch));
  }
}
