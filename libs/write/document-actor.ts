import type { LogBatch } from '#log';
import type { Assembler } from '#mapping';
import type { CollectionPlan, Plan, StagedRow, TouchRecord } from '#model';
import { type IncarnationNames, JOB, JOB_ID, type TouchesFence } from '#stage';
import { type CollectionRef, DocumentRefused, type Store, type StoreTransaction, TransactionTooLarge } from '#store';
import { BatchSize } from './batch-size.js';
import type { Claims } from './claims.js';
import { type Outcome, outcomesOf } from './document-batch.js';
import { Foresight } from './foresight.js';
import { type Cause, isRefused, type Letter } from './letter.js';
import { LETTER_CODES } from './letter.codes.js';
import type { Letters } from './letters.js';
import { type Attempt, type TargetWrite, writeDocuments } from './target-writes.js';
import { groupTouches, type Roots } from './touched-roots.js';
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

/** What one transaction is to write. */
interface Piece {
  partition: number;
  roots: Roots;
  refused: Map<string, Cause>;
  /** Its roots have letters. */
  isApart: boolean;
}

/** What is left of a piece whose transaction was aborted: the roots to go on with, and how many of them can be tried together. */
interface Remainder {
  keys: readonly string[];
  sure: number;
}

const NOBODY: ReadonlyMap<string, Cause> = new Map();
const NOTHING = {
  later: [],
  apart: [],
  newLetters: { written: [], failed: 0 },
  counts: { documents: 0, deleted: 0, refused: 0 },
};
const TOO_LARGE: Cause = {
  code: LETTER_CODES.DOCUMENT_TOO_LARGE.code,
  message: 'MongoDB cannot write this document in one transaction',
};

/** Of roots that have letters so many share a transaction, as each may end it. */
const APART = 8;

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
  private readonly sizes = new Map<number, BatchSize>();
  private readonly foresights = new Map<number, Foresight>();

  constructor(private readonly parts: DocumentActorParts) {}

  async handle(batch: LogBatch<TouchRecord>): Promise<{ completed: Promise<void> }> {
    for (const { after } of batch.records) if (after !== undefined) this.parts.store.reach(after);
    for (const roots of groupTouches(this.parts.plan, batch.records)) {
      const apart = await this.writeAll(batch, roots, this.sizeOf(roots.collection));
      await this.writeAll(batch, { ...roots, keys: apart }, new BatchSize(APART), true);
    }
    return { completed: Promise.resolve() };
  }

  private sizeOf({ index }: CollectionPlan): BatchSize {
    const size = this.sizes.get(index) ?? new BatchSize(this.parts.maxRoots);
    this.sizes.set(index, size);
    return size;
  }

  private foresightOf({ index, name }: CollectionPlan): Foresight {
    const foresight = this.foresights.get(index) ?? new Foresight(this.parts.store, { database: 'target', name });
    this.foresights.set(index, foresight);
    return foresight;
  }

  /** Piece by piece; returns the roots that were left out because they have letters, to be written apart from the others. */
  private async writeAll(
    { partition, signal }: LogBatch<TouchRecord>,
    roots: Roots,
    size: BatchSize,
    isApart = false,
  ): Promise<string[]> {
    const apart: string[] = [];
    const refused = new Map<string, Cause>();
    for (let { keys: left, sure }: Remainder = { keys: roots.keys, sure: 0 }; left.length > 0; ) {
      const count = Math.max(size.roots, sure);
      const piece: Piece = { partition, roots: { ...roots, keys: left.slice(0, count) }, refused, isApart };
      const remainder = await this.write(piece, size, apart, signal);
      left = [...remainder.keys, ...left.slice(count)];
      sure = remainder.sure;
    }
    return apart;
  }

  private async write(piece: Piece, size: BatchSize, apart: string[], signal: AbortSignal): Promise<Remainder> {
    const { roots } = piece;
    const insertFirst = roots.build && this.lookFirst === 0;
    const attempt: Attempt = { calling: [], insertFirst };
    if (!insertFirst && this.lookFirst > 0) this.lookFirst--;
    this.parts.onTouched?.(roots.collection.index, roots.keys);
    try {
      const work = (tx: StoreTransaction) => this.transaction(tx, piece, attempt);
      const done = await this.parts.store.transact('touches', work, signal);
      if (done.later.length > 0) this.parts.touchLater(roots.collection.index, done.later);
      this.parts.onTouched?.(roots.collection.index, roots.keys);
      this.parts.onWritten?.({ ...done.counts, ...aboutOf(roots) });
      this.parts.letters.committed(done.newLetters);
      apart.push(...done.apart);
      size.written(roots.keys.length);
      return { keys: [], sure: 0 };
    } catch (error) {
      return this.remainder(piece, size, attempt, error);
    }
  }

  /** After an aborted transaction: less at once, or what MongoDB took before it refused one, without that one. */
  private remainder(piece: Piece, size: BatchSize, attempt: Attempt, error: unknown): Remainder {
    const {
      refused,
      isApart,
      roots: { keys, collection },
    } = piece;
    const isTooLarge = error instanceof TransactionTooLarge;
    if (!isTooLarge && !(error instanceof DocumentRefused && error.collection.database === 'target')) throw error;
    if (!isTooLarge && attempt.insertFirst && error.kind === 'duplicate' && error.indexName === '_id_') {
      this.lookFirst = LOOK_FIRST_BATCHES;
      return { keys, sure: keys.length };
    }
    const at = isTooLarge || error.index === undefined ? attempt.calling.length : error.index;
    const culprit = attempt.calling[at] ?? (keys.length === 1 ? keys[0] : undefined);
    if (culprit === undefined) {
      size.tooLarge(keys.length);
      return { keys, sure: 0 };
    }
    if (refused.has(culprit)) throw error;
    refused.set(culprit, isTooLarge ? TOO_LARGE : causeOf(error));
    const isValidation = error instanceof DocumentRefused && error.kind === 'validation';
    const isForeseenNext = isValidation && !this.foresightOf(collection).refused();
    // Each of them may be refused: those that were not yet are found in the same few roots.
    if (isApart) return { keys, sure: keys.length };
    if (!isForeseenNext) size.refused();
    const untried = new Set(attempt.calling.slice(at + 1));
    const tried = keys.filter((key) => !untried.has(key));
    return { keys: [...tried, ...untried], sure: tried.length };
  }

  private async transaction(
    tx: StoreTransaction,
    { partition, roots: all, refused, isApart }: Piece,
    attempt: Attempt,
  ) {
    const { names, plan, assembler, letters } = this.parts;
    attempt.calling = [];
    const fence = await tx.fence<TouchesFence>(names.fences, names.touchesFence(partition));
    if (await this.loading(tx)) return NOTHING;
    const { collection } = all;
    const former = await letters.formerOf(tx, fence, collection, all.keys);
    const apart = isApart ? [] : apartOf(former, all.keys);
    const roots = apart.length === 0 ? all : { ...all, keys: without(all.keys, apart) };
    const trees = await this.parts.trees.read(tx, collection.index, roots.keys);
    const assembled = outcomesOf(assembler, collection, roots.keys, trees, roots.former, refused);
    const outcomes = await this.foreseen(collection, assembled, trees.rows);
    const target: CollectionRef = { database: 'target', name: collection.name };
    const causes = new Map<string, Cause>();
    for (const outcome of outcomes) if (outcome.kind === 'refused') causes.set(outcome.root, outcome.cause);
    const { writes, deletes, later, ousted } = collection.claims
      ? await this.claimed(tx, roots, outcomes, causes)
      : plain(assembler, collection, outcomes);
    const deleted = deletes.length === 0 ? 0 : await tx.remove(target, deletes);
    await writeDocuments(tx, target, writes, attempt);
    const newLetters = await letters.settle(tx, {
      fence,
      former,
      partition,
      collection,
      outcomes,
      causes,
      rows: trees.rows,
      plan,
      ousted,
    });
    return {
      later,
      apart,
      newLetters,
      counts: { documents: writes.length, deleted, refused: causes.size },
    };
  }

  private async foreseen(
    collection: CollectionPlan,
    assembled: readonly Outcome[],
    rows: ReadonlyMap<string, StagedRow>,
  ): Promise<readonly Outcome[]> {
    const refused = await this.foresightOf(collection).of(assembled.filter((outcome) => outcome.kind === 'write'));
    if (refused.size === 0) return assembled;
    return assembled.map((outcome): Outcome => {
      const { root } = outcome;
      const refusal = refused.get(root);
      return refusal === undefined ? outcome : { kind: 'refused', root, row: rows.get(root), cause: causeOf(refusal) };
    });
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

/** Roots whose letters say that MongoDB refused them, where they are not by themselves already. */
function apartOf(former: readonly Letter[], keys: readonly string[]): string[] {
  const apart = former.filter(isRefused).map(({ root }) => root);
  return apart.length === keys.length && apart.length <= APART ? [] : apart;
}

function without(keys: readonly string[], some: readonly string[]): string[] {
  const out = new Set(some);
  return keys.filter((key) => !out.has(key));
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
