import type { ClientSession, FindOptions } from 'mongodb';
import type { CollectionRef, Doc, ReadOptions, StoreReader } from '../store.js';
import type { Databases } from './databases.js';

/** What a driver call must be given to take part in what surrounds it. */
export interface CallOptions {
  session: ClientSession;
  signal?: AbortSignal;
}

/** Runs a driver call: inside a transaction as it is, outside of one in a causal session and with repeats. */
export type Run = <T>(call: (options: CallOptions) => Promise<T>) => Promise<T>;

const IDS_PER_QUERY = 10_000;
/** As many as fit into one answer (16 MB): one round trip in the usual case. */
const BATCH_SIZE = 200_000;

const PROMOTED = { enableUtf8Validation: false } as const;
const EXACT = { promoteValues: false, promoteLongs: false, bsonRegExp: true, enableUtf8Validation: false } as const;

export class MongoReader implements StoreReader {
  constructor(
    protected readonly databases: Databases,
    protected readonly run: Run,
  ) {}

  async byId<D extends Doc>(collection: CollectionRef, id: unknown, options: ReadOptions = {}): Promise<D | undefined> {
    const [found] = await this.#find<D>(collection, { _id: equal(id) }, { limit: 1 }, options);
    return found;
  }

  async byIds<D extends Doc>(collection: CollectionRef, ids: readonly unknown[], options: ReadOptions = {}): Promise<D[]> {
    return this.#inChunks(ids, options.limit, (chunk, limit) =>
      this.#find<D>(collection, { _id: { $in: chunk } }, limit === undefined ? {} : { limit }, options),
    );
  }

  async byField<D extends Doc>(
    collection: CollectionRef,
    field: string,
    values: readonly unknown[],
    options: ReadOptions & { after?: unknown } = {},
  ): Promise<D[]> {
    const { after, limit } = options;
    const bound = after === undefined ? {} : { _id: { $gt: after } };
    if (limit !== undefined) {
      const sorted = { sort: { _id: 1 }, limit } as const;
      return this.#find<D>(collection, { [field]: { $in: values }, ...bound }, sorted, options);
    }
    return this.#inChunks(values, undefined, (chunk) =>
      this.#find<D>(collection, { [field]: { $in: chunk }, ...bound }, {}, options),
    );
  }

  async range<D extends Doc>(
    collection: CollectionRef,
    range: { after?: unknown; upTo?: unknown },
    options: ReadOptions & { limit: number },
  ): Promise<D[]> {
    const bounds: Record<string, unknown> = {};
    if (range.after !== undefined) bounds.$gt = range.after;
    if (range.upTo !== undefined) bounds.$lte = range.upTo;
    const filter = Object.keys(bounds).length === 0 ? {} : { _id: bounds };
    return this.#find<D>(collection, filter, { sort: { _id: 1 }, limit: options.limit }, options);
  }

  /** Chunks of distinct values find distinct documents, unless a field is an array: the engine has none such. */
  async #inChunks<D>(
    values: readonly unknown[],
    limit: number | undefined,
    find: (chunk: readonly unknown[], limit?: number) => Promise<D[]>,
  ): Promise<D[]> {
    if (values.length === 0) return [];
    if (values.length <= IDS_PER_QUERY) return find(values, limit);
    let found: D[] = [];
    for (let start = 0; start < values.length; start += IDS_PER_QUERY) {
      const rest = limit === undefined ? undefined : limit - found.length;
      if (rest !== undefined && rest <= 0) break;
      found = found.concat(await find(values.slice(start, start + IDS_PER_QUERY), rest));
    }
    return found;
  }

  #find<D>(collection: CollectionRef, filter: Record<string, unknown>, find: FindOptions, options: ReadOptions): Promise<D[]> {
    const { fields, exact } = options;
    const projection = fields && { projection: Object.fromEntries(fields.map((field) => [field, 1])) };
    // An empty list of fields asks for the `_id` alone; MongoDB takes an empty projection for all fields.
    const only = fields && fields.length === 0 ? { projection: { _id: 1 } } : projection;
    const decode = exact ? EXACT : PROMOTED;
    return this.run(
      (call) =>
        this.databases
          .collection(collection)
          .find(filter, { batchSize: BATCH_SIZE, ...find, ...only, ...decode, ...call })
          .toArray() as unknown as Promise<D[]>,
    );
  }
}

/** A value as a filter: sub-documents whose first field looks like an operator must be told from one. */
export function equal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return value;
  return Object.keys(value)[0]?.startsWith('$') ? { $eq: value } : value;
}
