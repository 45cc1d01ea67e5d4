/**
 * The port to MongoDB: the state database of a job (`millrace_<job>`: stage, fences, letters, records) and the user's target
 * database. Documents are plain objects with BSON values; numbers that must keep their BSON type are wrapped by the
 * caller (`Int32`, `Double`, bigint for int64, `Decimal128`), and come back in a way that tells the types apart
 * (no promotion) where `exact` is asked for.
 *
 * - **Order.** Operations of one transaction run in the order of their calls; the caller awaits each.
 * - **Acknowledged when.** A transaction's promise resolves when a majority has it; it reads a majority-committed
 *   snapshot taken at its first operation. Writes outside of transactions are majority writes, too.
 * - **Repeats.** `transact` runs its work again from the start, with back-off and without end, on anything transient:
 *   write conflict, fail-over, lost connection, unknown result of a commit. So the work must not keep effects of a former
 *   run (build its results inside, return them).
 * - **Failure.** What fails for good: `DocumentRefused` names one document that MongoDB will not take; `TransactionTooLarge`
 *   says that the same work must be tried in smaller pieces; `FenceMissing` that the incarnation is over. An aborted
 *   `signal` rejects with its reason.
 */
export interface Store {
  /** Reads outside of a transaction, of what a majority has, at least as new as all that this store has written. */
  readonly read: StoreReader;
  /** `label` is for logs and metrics ("rows", "touches"). */
  transact<T>(label: string, work: (tx: StoreTransaction) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /**
   * Majority writes outside of the engine's transactions: records of the job. Each call is all or nothing; transient
   * failures are repeated, and a repeat after an unknown result does not write twice.
   */
  readonly write: StoreWriter;
  /**
   * Makes a collection where it is not there. A transaction would make it by its first insert, but slowly, and in
   * conflict with every other that does the same: make what transactions write to before they begin. `changedByKey` says
   * that single documents of many will be changed, here and there: what that costs the server may be lowered.
   */
  createCollection(collection: CollectionRef, options?: { changedByKey?: boolean }): Promise<void>;
  /**
   * On a top-level or dotted field, ascending; the same again is no error. `thenId`: for `byField` with `after`, page by
   * page through very many documents of one value.
   */
  createIndex(collection: CollectionRef, field: string, options?: { thenId?: boolean }): Promise<void>;
  /**
   * Which of these documents the collection's validation refuses as it is now, in the words that writing them would be refused
   * with: inside of a transaction only the first is named, and all that was done is aborted. None where it cannot be told
   * beforehand, and then writing tells. Never fails.
   */
  foresee?(collection: CollectionRef, docs: readonly Doc[]): Promise<DocumentRefused[]>;
  /** Names of its unique indexes but that of `_id`; none where there is no such collection. */
  uniqueIndexes(collection: CollectionRef): Promise<string[]>;
  drop(collection: CollectionRef): Promise<void>;
  /** Drops the job's state database. */
  dropState(): Promise<void>;
  collections(database: CollectionRef['database']): Promise<string[]>;
  estimatedCount(collection: CollectionRef): Promise<number>;
  /** When the newest thing was done that this store knows of, to be told to another process; undefined before the first. */
  time(): StoreTime | undefined;
  /** What this store does from now on sees all that was done until then, by whichever process. */
  reach(time: StoreTime): void;
  /** What the target is, for checks: never throws for a server that answers. */
  describe(): Promise<StoreDescription>;
  /**
   * Ends transactions that a former process of this job left open when it was killed: until then their locks hold up
   * everybody. For whoever finds the job's lease free and takes it, or takes over partitions: `idleMs`, only those that did
   * nothing for so long. One that is ended although it lives tries again. Never fails.
   */
  endAbandoned?(idleMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Opaque; the same again is the same time. */
export type StoreTime = string;

export interface StoreDescription {
  version: string;
  topology: 'standalone' | 'replicaSet' | 'sharded';
  /** For so long the server keeps what every document was, for reads in the past; absent where it does not tell. */
  historySeconds?: number;
}

export interface CollectionRef {
  database: 'state' | 'target';
  name: string;
}

export type Doc = { _id: unknown } & Record<string, unknown>;

export interface ReadOptions {
  /** Only these top-level fields (and `_id`). */
  fields?: readonly string[];
  limit?: number;
  /** Keep BSON types apart (Int32, Double, Long …) instead of promoting them to JavaScript's. */
  exact?: boolean;
  /**
   * The documents' own BSON bytes, undecoded: the call gives `Uint8Array`s in place of documents (cast what it returns).
   * For comparing whole documents: decoding would lose the order of fields that are named like array indexes.
   */
  raw?: boolean;
}

/** Every filter that the engine may use; nothing else reaches MongoDB. */
export interface StoreReader {
  byId<D extends Doc>(collection: CollectionRef, id: unknown, options?: ReadOptions): Promise<D | undefined>;
  /** Those that exist, in any order. */
  byIds<D extends Doc>(collection: CollectionRef, ids: readonly unknown[], options?: ReadOptions): Promise<D[]>;
  /** Where `field` (dots allowed) is one of `values`; with `after`, only `_id`s above it; in `_id` order if limited. */
  byField<D extends Doc>(
    collection: CollectionRef,
    field: string,
    values: readonly unknown[],
    options?: ReadOptions & { after?: unknown },
  ): Promise<D[]>;
  /** In `_id` order, above `after`, up to and including `upTo`. */
  range<D extends Doc>(
    collection: CollectionRef,
    range: { after?: unknown; upTo?: unknown },
    options: ReadOptions & { limit: number },
  ): Promise<D[]>;
  /** Where `field` (dots allowed) is at or below `value`, and of its type; those with the lowest come first. */
  upTo<D extends Doc>(
    collection: CollectionRef,
    field: string,
    value: unknown,
    options: ReadOptions & { limit: number },
  ): Promise<D[]>;
  /**
   * The `_id` of the `n`th document (from 1) above `after` in `_id` order; undefined where there are fewer. For cutting a
   * collection into ranges: it costs the server a walk along the index, and one key on the wire.
   */
  nthId(collection: CollectionRef, after: unknown, n: number): Promise<unknown>;
}

export interface StoreWriter {
  /** New documents only; one with a taken `_id` (or unique index) is a `DocumentRefused` of kind `duplicate`. */
  insert(collection: CollectionRef, docs: readonly Doc[]): Promise<void>;
  /** Whole documents that exist, by `_id`; one that does not is left out (the number replaced is returned). */
  replace(collection: CollectionRef, docs: readonly Doc[]): Promise<number>;
  /** Whole documents, made where they are not there. For records of the job, never for fences. */
  put(collection: CollectionRef, docs: readonly Doc[]): Promise<void>;
  remove(collection: CollectionRef, ids: readonly unknown[]): Promise<number>;
  /**
   * Changes top-level or dotted fields of one document where it exists and all of `where` (equality; null matches absent)
   * holds; returns the document after it, or undefined where nothing matched.
   */
  patch<D extends Doc>(collection: CollectionRef, id: unknown, patch: Patch): Promise<D | undefined>;
}

export interface Patch {
  where?: Record<string, unknown>;
  set?: Record<string, unknown>;
  unset?: readonly string[];
  inc?: Record<string, number>;
  push?: Record<string, readonly unknown[]>;
  /** Removes array elements whose field `key` is one of `values`. */
  pull?: Record<string, { key: string; values: readonly unknown[] }>;
}

/** Every read is of the transaction's one snapshot, and sees its own writes. */
export interface StoreTransaction extends StoreReader, StoreWriter {
  /**
   * Increments the fence's counter `n`, so that any two transactions of a partition conflict here and are serial, and
   * raises the fields of `raise` to at least these values (by MongoDB's order: of strings, by their bytes). Returns the
   * fence as it was before. Throws `FenceMissing` where it does not exist: fences are never made by their users.
   */
  fence<D extends Doc>(collection: CollectionRef, id: string, raise?: Record<string, string>): Promise<D>;
}

/** MongoDB will not take this document, now or later; the transaction is aborted. `index` is in the array given. */
export class DocumentRefused extends Error {
  constructor(
    readonly kind: 'duplicate' | 'validation' | 'tooLarge' | 'other',
    readonly collection: CollectionRef,
    /** The position in the docs of the failing call, where it is known. */
    readonly index: number | undefined,
    /** The server's own words without values of documents. */
    message: string,
    /** For duplicates: the name of the unique index (`_id_` for the `_id`). */
    readonly indexName?: string,
  ) {
    super(message);
    this.name = 'DocumentRefused';
  }
}

/** Aborted at the same size again and again (time or cache limit): the caller halves its batch. */
export class TransactionTooLarge extends Error {
  override readonly name = 'TransactionTooLarge';
}

/** The incarnation that this actor works for is over: it must stop. */
export class FenceMissing extends Error {
  override readonly name = 'FenceMissing';
}
