import type { ClientSession, Timestamp } from 'mongodb';

/**
 * The operation time of the newest thing that this store has done. Each session starts from it, so by causal consistency
 * its reads wait for a state at least as new as everything that the store wrote before, on whatever member or shard.
 */
export class OperationClock {
  #latest: Timestamp | undefined;

  advance(session: ClientSession): void {
    if (this.#latest) session.advanceOperationTime(this.#latest);
  }

  observe(session: ClientSession): void {
    const time = session.operationTime;
    if (time && (!this.#latest || time.greaterThan(this.#latest))) this.#latest = time;
  }
}
