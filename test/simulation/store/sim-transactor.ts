import { setMaxListeners } from 'node:events';
import type { StoreTransaction } from '#store';
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
    const tx = new SimTransaction(this.client, label, signal);
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
