import type { CollectionRef, Doc, Patch, Store, StoreWriter } from '../store.js';

/**
 * Writes outside of the engine's transactions, for the job's records: each call is a transaction of its own, all or
 * nothing. That costs a round trip more than a retryable write, and makes every repeat exact: a call whose answer was lost
 * is settled by asking for its commit again, which the server answers from the session's record, so an `insert` cannot
 * meet itself as a duplicate, and an `inc` or `push` cannot happen twice. (The record lives for half an hour: after a
 * longer outage in the midst of a commit the call runs again.)
 */
export class DirectWriter implements StoreWriter {
  constructor(private readonly transactor: Pick<Store, 'transact'>) {}

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
