import { type Document, MongoServerError } from 'mongodb';
import { type CollectionRef, type Doc, FenceMissing, type Patch, type StoreTransaction } from '../store.js';
import { chunksOf, docSize } from './bulk.js';
import type { Databases } from './databases.js';
import { codeOf, verdictOf } from './failures.js';
import { equal, MongoReader, type Run } from './mongo-reader.js';
import { fenceCommand, patchCommand } from './patch.js';
import { commandRefusal, refusal, type SentDocs, type WriteErrorReply } from './refusal.js';

/**
 * A running transaction. Bulks are plain commands, one round trip for each 12 MB: the driver's own bulk API costs more
 * of Node's time per document. The first failure is kept, so that work which swallows it cannot commit all the same.
 */
export class TransactionWriter extends MongoReader implements StoreTransaction {
  failure: unknown;
  /** Written so far, at most. */
  bytes = 0;

  constructor(databases: Databases, run: Run) {
    super(databases, async (call) => {
      try {
        return await run(call);
      } catch (error) {
        this.failure ??= error;
        throw error;
      }
    });
  }

  async insert(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    for (const { items, start, bytes } of chunksOf(docs, docSize)) {
      this.bytes += bytes;
      await this.#write(collection, { insert: collection.name, documents: items }, { docs: items, start });
    }
  }

  async replace(collection: CollectionRef, docs: readonly Doc[]): Promise<number> {
    return this.#replace(collection, docs, false);
  }

  async put(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    await this.#replace(collection, docs, true);
  }

  async remove(collection: CollectionRef, ids: readonly unknown[]): Promise<number> {
    let removed = 0;
    for (const { items, start } of chunksOf(ids, (id) => docSize({ _id: id }))) {
      const deletes = items.map((id) => ({ q: { _id: equal(id) }, limit: 1 }));
      removed += await this.#write(collection, { delete: collection.name, deletes }, { docs: [], start });
    }
    return removed;
  }

  async patch<D extends Doc>(collection: CollectionRef, id: unknown, patch: Patch): Promise<D | undefined> {
    const reply = await this.#command(collection, patchCommand(collection, id, patch));
    return (reply.value as D | null) ?? undefined;
  }

  async fence<D extends Doc>(collection: CollectionRef, id: string, raise?: Record<string, string>): Promise<D> {
    const reply = await this.#command(collection, fenceCommand(collection, id, raise));
    const fence = reply.value as D | null;
    if (!fence) {
      this.failure ??= new FenceMissing(`the fence ${id} of ${collection.name} is gone: its incarnation is over`);
      throw this.failure;
    }
    return fence;
  }

  async #replace(collection: CollectionRef, docs: readonly Doc[], upsert: boolean): Promise<number> {
    let matched = 0;
    for (const { items, start, bytes } of chunksOf(docs, docSize)) {
      this.bytes += bytes;
      const updates = items.map((doc) => ({ q: { _id: equal(doc._id) }, u: doc, upsert }));
      matched += await this.#write(collection, { update: collection.name, updates }, { docs: items, start });
    }
    return matched;
  }

  /** One bulk command; returns its count. Ordered, so the one error that it can have is the first in order. */
  async #write(collection: CollectionRef, command: Document, sent: SentDocs): Promise<number> {
    let reply: Document;
    try {
      reply = await this.#command(collection, command);
    } catch (error) {
      throw this.#refused(commandRefusal(collection, error, sent)) ?? error;
    }
    const [first] = (reply.writeErrors as WriteErrorReply[] | undefined) ?? [];
    if (!first) return reply.n as number;
    const error = new MongoServerError({ ...first, errorLabels: reply.errorLabels });
    if (isOfServer(error)) {
      this.failure ??= error;
      throw error;
    }
    throw this.#refused(await refusal(this.databases, collection, first, sent));
  }

  #refused<E>(error: E): E {
    if (error !== undefined) this.failure = error;
    return error;
  }

  #command(collection: CollectionRef, command: Document): Promise<Document> {
    return this.run((call) => this.databases.database(collection.database).command(command, call));
  }
}

/** Told by the entry for one document, but about the state of the server: to be repeated, not to be refused. */
function isOfServer(error: MongoServerError): boolean {
  return codeOf(error) !== 10334 && verdictOf(error) !== 'permanent';
}
