import type { LogBatch } from '#log';
import type { Assembler } from '#mapping';
import type { CollectionPlan, Plan, TouchRecord } from '#model';
import { type IncarnationNames, JOB, JOB_ID, type TouchesFence } from '#stage';
import { type CollectionRef, DocumentRefused, type Store, type StoreTransaction, TransactionTooLarge } from '#store';
import type { Claims } from './claims.js';
import { type Outcome, outcomesOf } from './document-batch.js';
import type { Cause } from './letter.js';
import { LETTER_CODES } from './letter.codes.js';
import type { Letters, SettledLetters } from './letters.js';
import { type Attempt, type TargetWrite, writeDocuments } from './target-writes.js';
import type { TreeReader } from './tree-reader.js';

export interface DocumentActorParts {
  plan: Plan;
  names: IncarnationNames;
  store: Store;
  assembler: Assembler;
  trees: TreeReader;
  claims: Claims;
  letters: Letters;
  /** Assembled in one transaction at most. */
  maxRoots: number;
  /** For the retry queue: touches that writing itself causes; never awaited, a handler must not wait for itself. */
  touchLater: (collection: number, roots: readonly string[]) => void;
  /** Called before a batch's transaction begins and after it has committed, before the batch completes. */
  onTouched?: (collection: number, roots: readonly string[]) => void;
  onWritten?: (written: Written) => void;
}

/** What one transaction has made of the roots of a collection. */
export interface Written {
  collection: number;
  documents: number;
  deleted: number;
  refused: number;
  /** When the oldest change that this made visible was committed on the source; absent for builds and retries. */
  committedAtMs?: number;
}

interface Roots {
  collection: CollectionPlan;
  keys: string[];
  /** Roots of former incarnations, with the `_id` that they were written as. */
  former: Map<string, unknown>;
  build: boolean;
  committedAtMs: number | undefined;
}

const NOBODY: ReadonlyMap<string, Cause> = new Map();
const NO_LETTERS: SettledLetters = { written: [], failed: 0 };

/** Batches that look at what is there after an insert met a document, before inserts are tried first again. */
const LOOK_FIRST_BATCHES = 16;

/**
 * Owns the documents of the partitions of `touches` that are handed to it: reads the staged rows of the touched roots,
 * assembles whole documents, replaces them, or deletes where the root is gone or its `where` is false.
 *
 * - **Acknowledged when**: a majority has the documents, and the letters of those that cannot be written.
 * - **Repeats**: a touch says only "assemble again"; from the same stage the same document comes.
 * - **Two owners**: their transactions conflict at the fence, and each reads a stage at least as new as the other's.
 * - **What is read** is at least as new as what was staged before the touch, by whichever process and on whatever shard.
 * - **Failure**: what is permanent concerns one document: it is left out, its letter is written in the same transaction,
 *   the rest goes on. All else is repeated in place.
 */
export class DocumentActor {
  private lookFirst = 0;
  private loadingIsOver = false;
  private readonly fit = new Map<number, number>();

  constructor(private readonly parts: DocumentActorParts) {}

  async handle(batch: LogBatch<TouchRecord>): Promise<{ completed: Promise<void> }> {
    for (const roots of this.group(batch.records)) {
      for (let from = 0; from < roots.keys.length; ) {
        const keys = roots.keys.slice(from, from + this.fitting(roots.collection.index));
        await this.write(batch.partition, { ...roots, keys }, new Map(), batch.signal);
        from += keys.length;
      }
    }
    return { completed: Promise.resolve() };
  }

  /** So many roots as fitted a transaction lately; a little more each time, as documents differ. */
  private fitting(collection: number): number {
    const fit = this.fit.get(collection) ?? this.parts.maxRoots;
    if (fit < this.parts.maxRoots) this.fit.set(collection, Math.ceil(fit * 1.05));
    return Math.min(fit, this.parts.maxRoots);
  }

  /** Each root once, however often it was touched; what is read for them is as new as the newest touch needs. */
  private group(records: readonly TouchRecord[]): Roots[] {
    const groups = new Map<number, Omit<Roots, 'collection' | 'keys'> & { keys: Set<string> }>();
    for (const record of records) {
      if (record.after !== undefined) this.parts.store.reach(record.after);
      let group = groups.get(record.collection);
      if (!group) {
        group = { keys: new Set(), former: new Map(), build: true, committedAtMs: undefined };
        groups.set(record.collection, group);
      }
      group.build &&= record.origin === 'build';
      const { committedAtMs: at } = record;
      if (at !== undefined) group.committedAtMs = Math.min(at, group.committedAtMs ?? at);
      record.roots.forEach((root, i) => {
        group.keys.add(root);
        if (record.origin === 'former') group.former.set(root, record.ids?.[i]);
      });
    }
    return [...groups].map(([collection, group]) => ({
      collection: this.parts.plan.collections[collection] as CollectionPlan,
      keys: [...group.keys],
      former: group.former,
      build: group.build,
      committedAtMs: group.committedAtMs,
    }));
  }

  private async write(
    partition: number,
    roots: Roots,
    refused: Map<string, Cause>,
    signal: AbortSignal,
  ): Promise<void> {
    const attempt: Attempt = { calling: [] };
    const insertFirst = roots.build && this.lookFirst === 0 && roots.former.size === 0;
    if (!insertFirst && this.lookFirst > 0) this.lookFirst--;
    this.parts.onTouched?.(roots.collection.index, roots.keys);
    try {
      const done = await this.parts.store.transact(
        'touches',
        (tx) => this.transaction(tx, partition, roots, refused, insertFirst, attempt),
        signal,
      );
      if (done.later.length > 0) this.parts.touchLater(roots.collection.index, done.later);
      this.parts.onTouched?.(roots.collection.index, roots.keys);
      this.parts.onWritten?.({ ...done.counts, ...aboutOf(roots) });
      this.parts.letters.committed(done.newLetters);
    } catch (error) {
      await this.again(partition, roots, refused, { error, attempt, insertFirst }, signal);
    }
  }

  /** After an aborted transaction: the same without what MongoDB refused, or in halves. */
  private async again(
    partition: number,
    roots: Roots,
    refused: Map<string, Cause>,
    failed: { error: unknown; attempt: Attempt; insertFirst: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { error } = failed;
    if (error instanceof TransactionTooLarge) {
      const [only] = roots.keys;
      if (roots.keys.length > 1) {
        this.fit.set(roots.collection.index, Math.ceil(roots.keys.length / 2));
        return this.halves(partition, roots, refused, signal);
      }
      if (only === undefined || refused.has(only)) throw error;
      refused.set(only, {
        code: LETTER_CODES.DOCUMENT_TOO_LARGE.code,
        message: 'MongoDB cannot write this document in one transaction',
      });
      return this.write(partition, roots, refused, signal);
    }
    if (!(error instanceof DocumentRefused) || error.collection.database !== 'target') throw error;
    if (failed.insertFirst && error.kind === 'duplicate' && error.indexName === '_id_') {
      this.lookFirst = LOOK_FIRST_BATCHES;
      return this.write(partition, roots, refused, signal);
    }
    const culprit = error.index === undefined ? undefined : failed.attempt.calling[error.index];
    if (culprit === undefined) {
      if (roots.keys.length > 1) return this.halves(partition, roots, refused, signal);
      refused.set(roots.keys[0] as string, causeOf(error));
    } else {
      if (refused.has(culprit)) throw error;
      refused.set(culprit, causeOf(error));
      if (roots.keys.length > 8) return this.halves(partition, roots, refused, signal);
    }
    return this.write(partition, roots, refused, signal);
  }

  private async halves(
    partition: number,
    roots: Roots,
    refused: Map<string, Cause>,
    signal: AbortSignal,
  ): Promise<void> {
    const half = Math.ceil(roots.keys.length / 2);
    await this.write(partition, { ...roots, keys: roots.keys.slice(0, half) }, refused, signal);
    await this.write(partition, { ...roots, keys: roots.keys.slice(half) }, refused, signal);
  }

  private async transaction(
    tx: StoreTransaction,
    partition: number,
    roots: Roots,
    refused: ReadonlyMap<string, Cause>,
    insertFirst: boolean,
    attempt: Attempt,
  ) {
    const { names, plan, assembler, letters } = this.parts;
    const fence = await tx.fence<TouchesFence>(names.fences, names.touchesFence(partition));
    if (await this.loading(tx))
      return { later: [], newLetters: NO_LETTERS, counts: { documents: 0, deleted: 0, refused: 0 } };
    const { collection } = roots;
    const trees = await this.parts.trees.read(tx, collection.index, roots.keys);
    const outcomes = outcomesOf(assembler, collection, roots.keys, trees, roots.former, refused);
    const target: CollectionRef = { database: 'target', name: collection.name };
    const causes = new Map<string, Cause>();
    for (const outcome of outcomes) if (outcome.kind === 'refused') causes.set(outcome.root, outcome.cause);
    const { writes, deletes, later, ousted } = collection.claims
      ? await this.claimed(tx, roots, outcomes, causes)
      : plain(assembler, collection, outcomes);
    const deleted = deletes.length === 0 ? 0 : await tx.remove(target, deletes);
    await writeDocuments(tx, target, writes, insertFirst, attempt);
    const newLetters = await letters.settle(tx, {
      fence,
      partition,
      collection,
      outcomes,
      causes,
      rows: trees.rows,
      plan,
      ousted,
    });
    return { later, newLetters, counts: { documents: writes.length, deleted, refused: causes.size } };
  }

  /** Who waits for an `_id`, or may have it now, is in letters of this transaction: what is only in memory could be lost. */
  private async claimed(
    tx: StoreTransaction,
    { collection, former }: Roots,
    outcomes: readonly Outcome[],
    causes: Map<string, Cause>,
  ) {
    const batch = await this.parts.claims.settle(tx, collection, outcomes, former);
    await this.parts.claims.keep(tx, batch);
    for (const { root, claim } of batch.waiting) causes.set(root, waitingFor(claim));
    const here = new Set(outcomes.map(({ root }) => root));
    const ousted = new Map<string, Cause>();
    for (const { root, claim } of batch.ousted) if (!here.has(root)) ousted.set(root, waitingFor(claim));
    const free = [...batch.released, ...batch.loose, ...batch.takenOver];
    const later = free.length === 0 ? [] : await this.parts.letters.wake(tx, free);
    return { writes: batch.writes, deletes: batch.deletes, later, ousted };
  }

  /** While the phase, read in the transaction, is `loading`, touches are dropped: building will touch every root. */
  private async loading(tx: StoreTransaction): Promise<boolean> {
    if (this.loadingIsOver) return false;
    const job = await tx.byId(JOB, JOB_ID, { fields: ['loading', 'incarnation'] });
    this.loadingIsOver = !(job?.loading === true && job.incarnation === this.parts.names.incarnation);
    return !this.loadingIsOver;
  }
}

function aboutOf({ collection, committedAtMs }: Roots): Pick<Written, 'collection' | 'committedAtMs'> {
  return { collection: collection.index, ...(committedAtMs === undefined ? {} : { committedAtMs }) };
}

/** Where `_id` is the root key: what is deleted is known by the root. */
function plain(assembler: Assembler, collection: CollectionPlan, outcomes: readonly Outcome[]) {
  const writes: TargetWrite[] = [];
  const deletes: unknown[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind === 'write') writes.push(outcome);
    if (outcome.kind !== 'delete') continue;
    const id =
      outcome.id ?? (outcome.row === undefined ? undefined : assembler.idOfKey(collection.index, outcome.row._id));
    if (id !== undefined) deletes.push(id);
  }
  return { writes, deletes, later: [] as string[], ousted: NOBODY };
}

function waitingFor(claim: string): Cause {
  return { code: LETTER_CODES.ID_TAKEN.code, message: 'another row with a lower key has the same _id', waits: claim };
}

function causeOf(error: DocumentRefused): Cause {
  const codes = {
    duplicate: LETTER_CODES.TARGET_UNIQUE_INDEX,
    validation: LETTER_CODES.TARGET_VALIDATION,
    tooLarge: LETTER_CODES.DOCUMENT_TOO_LARGE,
    other: LETTER_CODES.TARGET_REFUSED,
  };
  const index = error.indexName === undefined ? '' : ` (index ${error.indexName})`;
  return { code: codes[error.kind].code, message: `${error.message}${index}` };
}
