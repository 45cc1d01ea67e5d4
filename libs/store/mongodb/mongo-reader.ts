import type { ClientSession, Document } from 'mongodb';
import type { CollectionRef, Doc, ReadOptions, StoreReader } from '../store.js';
import type { Databases } from './databases.js';
import { findAll } from './find.js';

/** What a driver call must be given to take part in what surrounds it. */
export interface CallOptions {
  session: ClientSession;
  signal?: AbortSignal;
}

/** Runs a driver call: inside a transaction as it is, outside of one in a causal session and with repeats. */
export type Run = <T>(call: (options: CallOptions) => Promise<T>) => Promise<T>;

const IDS_PER_QUERY = 10_000;

export class MongoReader implements StoreReader {
  constructor(
    protected readonly databases: Databases,
    protected readonly run: Run,
    /** Of single reads; a transaction has its own. */
    private readonly readConcern?: 'majority',
  ) {}

  async byId<D extends Doc>(collection: CollectionRef, id: unknown, options: ReadOptions = {}): Promise<D | undefined> {
    const [found] = await this.#find<D>(collection, { _id: equal(id) }, { limit: 1 }, options);
    return found;
  }

  async byIds<D extends Doc>(
    collection: CollectionRef,
    ids: readonly unknown[],
    options: ReadOptions = {},
  ): Promise<D[]> {
    const { limit } = options;
    let found: D[] = [];
    for (const chunk of chunks(ids.some(cannotExist) ? ids.filter((id) => !cannotExist(id)) : ids)) {
      const rest = limit === undefined ? undefined : { limit: limit - found.length };
      if (rest && rest.limit <= 0) break;
      found = append(found, await this.#find<D>(collection, { _id: { $in: chunk } }, { ...rest }, options));
    }
    return found;
  }

  /** A field is no array, so a document is found by one of the values, and chunks of values find distinct documents. */
  async byField<D extends Doc>(
    collection: CollectionRef,
    field: string,
    values: readonly unknown[],
    options: ReadOptions & { after?: unknown } = {},
  ): Promise<D[]> {
    const { after, limit } = options;
    const above = after === undefined ? {} : bounds(collection, { after });
    if (limit !== undefined) {
      const filter = { [field]: { $in: values }, ...above };
      return this.#find<D>(collection, filter, { sort: { _id: 1 }, limit }, options);
    }
    let found: D[] = [];
    for (const chunk of chunks(values)) {
      found = append(found, await this.#find<D>(collection, { [field]: { $in: chunk }, ...above }, {}, options));
    }
    return found;
  }

  range<D extends Doc>(
    collection: CollectionRef,
    range: { after?: unknown; upTo?: unknown },
    options: ReadOptions & { limit: number },
  ): Promise<D[]> {
    const ordered = { sort: { _id: 1 }, limit: options.limit };
    return this.#find<D>(collection, bounds(collection, range), ordered, options);
  }

  upTo<D extends Doc>(
    collection: CollectionRef,
    field: string,
    value: unknown,
    options: ReadOptions & { limit: number },
  ): Promise<D[]> {
    const ordered = { sort: { [field]: 1 }, limit: options.limit };
    return this.#find<D>(collection, { [field]: { $lte: value } }, ordered, options);
  }

  async nthId(collection: CollectionRef, after: unknown, n: number): Promise<unknown> {
    const above = after === undefined ? {} : bounds(collection, { after });
    const shape = { sort: { _id: 1 }, skip: n - 1, limit: 1 };
    const [found] = await this.#find<Doc>(collection, above, shape, { fields: ['_id'] });
    return found?._id;
  }

  #find<D>(
    { database, name }: CollectionRef,
    filter: Document,
    shape: { sort?: Document; skip?: number; limit?: number },
    options: ReadOptions,
  ): Promise<D[]> {
    const query = { collection: name, filter, ...shape, options };
    const db = this.databases.database(database);
    // A new read concern each time: the driver adds the session's operation time to it.
    return this.run((call) => findAll<D>(db, query, call, this.readConcern && { level: this.readConcern }));
  }
}

/**
 * Above `after`, up to `upTo`, in the order that sorting has. `_id`s of the state are strings; those of the target may be
 * of any type, and `$gt` finds only its operand's type, hence `$expr`, which compares across types as sorting does.
 */
function bounds({ database }: CollectionRef, { after, upTo }: { after?: unknown; upTo?: unknown }): Document {
  if (database === 'target') {
    const sides = [];
    if (after !== undefined) sides.push({ $gt: ['$_id', { $literal: after }] });
    if (upTo !== undefined) sides.push({ $lte: ['$_id', { $literal: upTo }] });
    return sides.length === 0 ? {} : { $expr: { $and: sides } };
  }
  const sides: Document = {};
  if (after !== undefined) sides.$gt = after;
  if (upTo !== undefined) sides.$lte = upTo;
  return Object.keys(sides).length === 0 ? {} : { _id: sides };
}

function* chunks(values: readonly unknown[]): Generator<readonly unknown[]> {
  if (values.length > 0 && values.length <= IDS_PER_QUERY) yield values;
  else
    for (let start = 0; start < values.length; start += IDS_PER_QUERY) yield values.slice(start, start + IDS_PER_QUERY);
}

function append<D>(found: D[], more: D[]): D[] {
  return found.length === 0 ? more : found.concat(more);
}

/** A value as a filter: a sub-document whose first field looks like an operator must be told from one. */
export function equal(value: unknown): unknown {
  return cannotExist(value) ? { $eq: value } : value;
}

/** MongoDB refuses such an `_id`, and `$in` refuses it, too. */
function cannotExist(id: unknown): boolean {
  if (typeof id !== 'object' || id === null || '_bsontype' in id) return false;
  for (const first in id) return first.startsWith('$');
  return false;
}
