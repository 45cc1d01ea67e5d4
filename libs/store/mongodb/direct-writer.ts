import { serialize } from 'bson';
import { type AnyBulkWriteOperation, MongoBulkWriteError } from 'mongodb';
import type { CollectionRef, Doc, Patch, StoreWriter } from '../store.js';
import type { Databases } from './databases.js';
import { CODE } from './failures.js';
import { type CallOptions, equal } from './mongo-reader.js';
import { patchFilter, patchUpdate } from './patch.js';
import { commandRefusal, refusal, type WriteErrorReply } from './refusal.js';
import { type RepeatContext, repeat } from './repeats.js';

/**
 * Majority writes outside of transactions, for the job's records. Each is a retryable write, so that the server itself
 * tells a repeat by the driver from a second write. What fails beyond that is repeated here, and safe to:
 *
 * - `replace`, `put`, `remove` say what is to be. (Counts may then miss what the unanswered try did.)
 * - `insert`: after a try without an answer, a document that is there already and equal is our own.
 * - `patch` with `set`, `unset`, `pull` says what is to be. With `inc` or `push` a second unanswered try may apply it
 *   twice, and with `where` the repeat may no longer match what the first one changed: callers who must know guard by
 *   `where` on a field that the patch changes, and read again where nothing matched.
 */
export class DirectWriter implements StoreWriter {
  constructor(
    private readonly databases: Databases,
    private readonly context: RepeatContext,
  ) {}

  async insert(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    let done = 0;
    while (done < docs.length) {
      done = await repeat(this.context, 'insert', (call, ambiguous) => this.#insertFrom(collection, docs, done, { call, ambiguous }));
    }
  }

  replace(collection: CollectionRef, docs: readonly Doc[]): Promise<number> {
    return this.#bulk(collection, docs, (doc) => ({ replaceOne: { filter: idFilter(doc._id), replacement: doc } }));
  }

  async put(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    await this.#bulk(collection, docs, (doc) => ({
      replaceOne: { filter: idFilter(doc._id), replacement: doc, upsert: true },
    }));
  }

  remove(collection: CollectionRef, ids: readonly unknown[]): Promise<number> {
    return this.#bulk(collection, ids.map((_id) => ({ _id })), ({ _id }) => ({ deleteOne: { filter: idFilter(_id) } }));
  }

  async patch<D extends Doc>(collection: CollectionRef, id: unknown, patch: Patch): Promise<D | undefined> {
    const found = await repeat(this.context, 'patch', (call) =>
      this.databases
        .collection(collection)
        .findOneAndUpdate(patchFilter(id, patch), patchUpdate(patch), { returnDocument: 'after', ...call }),
    );
    return (found as D | null) ?? undefined;
  }

  /** Returns how many of all are written: fewer than all where it found its own document of an unanswered try. */
  async #insertFrom(
    collection: CollectionRef,
    docs: readonly Doc[],
    from: number,
    { call, ambiguous }: { call: CallOptions; ambiguous: boolean },
  ): Promise<number> {
    const rest = from === 0 ? docs : docs.slice(from);
    try {
      await this.databases.collection(collection).insertMany(rest as never, { ordered: true, ...call });
      return docs.length;
    } catch (error) {
      const first = firstWriteError(error);
      if (ambiguous && first?.code === CODE.duplicateKey) {
        const at = from + first.index;
        if (await this.#isThere(collection, docs[at] as Doc, call)) return at + 1;
      }
      throw await this.#refusedOr(error, collection, docs, from);
    }
  }

  async #isThere(collection: CollectionRef, doc: Doc, call: CallOptions): Promise<boolean> {
    const exact = { promoteValues: false, promoteLongs: false, bsonRegExp: true } as const;
    const found = await this.databases.collection(collection).findOne(idFilter(doc._id), { ...exact, ...call });
    return found !== null && Buffer.compare(serialize(found), serialize(withIdFirst(doc))) === 0;
  }

  async #bulk<T extends { _id: unknown }>(
    collection: CollectionRef,
    items: readonly T[],
    operation: (item: T) => unknown,
  ): Promise<number> {
    if (items.length === 0) return 0;
    const operations = items.map(operation) as AnyBulkWriteOperation[];
    return repeat(this.context, 'bulk', async (call) => {
      try {
        const result = await this.databases.collection(collection).bulkWrite(operations, { ordered: true, ...call });
        return result.matchedCount + result.deletedCount;
      } catch (error) {
        throw await this.#refusedOr(error, collection, items as readonly Doc[], 0);
      }
    });
  }

  async #refusedOr(error: unknown, collection: CollectionRef, docs: readonly Doc[], start: number): Promise<unknown> {
    const first = firstWriteError(error);
    if (first) return refusal(this.databases, collection, first, start);
    return commandRefusal(collection, error, docs.slice(start), start) ?? error;
  }
}

/** As the server keeps it. */
function withIdFirst({ _id, ...fields }: Doc): Record<string, unknown> {
  return { _id, ...fields };
}

function idFilter(id: unknown): { _id: never } {
  return { _id: equal(id) as never };
}

function firstWriteError(error: unknown): WriteErrorReply | undefined {
  if (!(error instanceof MongoBulkWriteError)) return undefined;
  const [first] = [error.writeErrors].flat();
  return first && { index: first.index, code: first.code, ...keyPatternOf(first.err) };
}

function keyPatternOf(error: unknown): { keyPattern?: Record<string, unknown> } {
  const { keyPattern } = error as { keyPattern?: Record<string, unknown> };
  return keyPattern ? { keyPattern } : {};
}
