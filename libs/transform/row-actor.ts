import type { Evaluator } from '#mapping';
import { awaitedLater, type LogBatch } from '#log';
import type { RowsRecord, StagedRow } from '#model';
import { type IncarnationNames, PacedReads, type ReadBudget, type RowsFence } from '#stage';
import { DocumentRefused, type Store, type StoreTransaction, TransactionTooLarge } from '#store';
import type { FanOutTasks } from './fan-out.js';
import { FormerTracker } from './former-tracker.js';
import type { PhaseView } from './phase-view.js';
import type { Resolver } from './resolver.js';
import {
  halvesOf,
  highestPosition,
  type Image,
  type KeysOfTable,
  keysOf,
  RowBatch,
  type RowRecord,
} from './row-batch.js';
import { evaluateRows, type StageTable } from './stage-tables.js';
import { rereadRequests } from './reread-requests.js';
import type { Toucher } from './toucher.js';
import { wipePages } from './wipe.js';

export interface RowActorParts {
  tables: readonly StageTable[];
  names: IncarnationNames;
  store: Store;
  evaluator: Evaluator;
  resolver: Resolver;
  toucher: Toucher;
  fanOut: FanOutTasks;
  phase: PhaseView;
  /** Partitions of the topic `rows`. */
  partitions: number;
  onStaged?: (counts: { staged: number; superseded: number; changes: number }) => void;
}

/** Roots that one batch has touched and that are not written yet, before it looks for more: each row may have thousands. */
const ROOTS_AHEAD = 20_000;

/** A single row fits: MongoDB's want of cache or time passes, so it is tried much longer than the store does. */
const AGAIN_ALONE = 100;

/** What a committed transaction leaves to be touched, and how its fence's `former` stood. */
interface Committed {
  images: Image[];
  former: RowsFence['former'];
  /** Names of entries that are in it no more. */
  over: readonly string[];
  /** When the oldest of its changes was committed. */
  committedAtMs?: number;
  counts: { staged: number; superseded: number };
}

/** Boxed, so that waiting for the staging is not waiting for the touches. */
interface Touching {
  touched: Promise<unknown>;
}

function oldestOf(records: readonly RowRecord[]): { committedAtMs?: number } {
  let oldest: number | undefined;
  for (const record of records) {
    const at = record.kind === 'changes' ? record.committedAtMs : undefined;
    if (at !== undefined && (oldest === undefined || at < oldest)) oldest = at;
  }
  return oldest === undefined ? {} : { committedAtMs: oldest };
}

function touching(appends: readonly Promise<unknown>[]): Touching {
  return { touched: awaitedLater(Promise.all(appends)) };
}

/**
 * Owns the rows of the partitions of `rows` that are handed to it: merges each change into the staged row, evaluates the
 * mapping's expressions on it, stages it, finds the roots that its former and its new image belong to, touches them.
 *
 * - **Order**: batches of a partition one after another; records of a batch in order.
 * - **Acknowledged when**: the touches of everything in the batch can no longer be lost, and so not before its rows are
 *   staged by a majority. Stage, then resolve, then touch, then commit the offset.
 * - **Repeats**: the fence's `position` tells them; a repeat is not staged again, but its roots are touched again.
 * - **Two owners**: any two transactions of a partition conflict at its fence, so they are serial, and each applies its
 *   changes onto what the other left.
 */
export class RowActor {
  private readonly former = new Map<number, FormerTracker>();
  private readonly trimmed = new Set<number>();
  /** Partitions with a batch at work: it trims as well. */
  private readonly busy = new Set<number>();
  /** Tables whose loaded rows are inserted without looking, until one was there already. */
  private readonly lookFirst = new Set<number>();

  private readonly reads: PacedReads[];

  constructor(private readonly parts: RowActorParts) {
    this.reads = parts.tables.map(() => new PacedReads());
  }

  async handle(batch: LogBatch<RowsRecord>): Promise<{ completed: Promise<void> }> {
    this.busy.add(batch.partition);
    try {
      return await this.inOrder(batch);
    } finally {
      this.busy.delete(batch.partition);
    }
  }

  private async inOrder(batch: LogBatch<RowsRecord>): Promise<{ completed: Promise<void> }> {
    const completions: Promise<unknown>[] = [];
    let rows: RowRecord[] = [];
    for (const record of batch.records) {
      if (record.kind !== 'truncate' && record.kind !== 'barrier') {
        rows.push(record);
        continue;
      }
      if (rows.length > 0) completions.push((await this.rows(batch.partition, rows, batch.signal)).touched);
      rows = [];
      if (record.kind === 'barrier') await this.barrier(batch.partition, batch.signal);
      else await this.truncate(batch.partition, record, batch.signal);
    }
    if (rows.length > 0) completions.push((await this.rows(batch.partition, rows, batch.signal)).touched);
    return { completed: Promise.all(completions).then(() => undefined) };
  }

  /** What it knows of other partitions may be old by the time when it owns them again. */
  own(partitions: readonly number[]): void {
    for (const known of [this.former, this.trimmed]) {
      for (const partition of known.keys()) if (!partitions.includes(partition)) known.delete(partition);
    }
  }

  /**
   * An idle partition takes what has resolved out of its fence by an empty batch. The first one of an owner that has just
   * begun also touches what it finds there: a crash between staging and touching need not be followed by a redelivery.
   */
  async trim(partition: number, signal: AbortSignal): Promise<void> {
    if (this.busy.has(partition)) return;
    if (this.trimmed.has(partition) && this.tracker(partition).trimmable === 0) return;
    this.trimmed.add(partition);
    await (await this.rows(partition, [], signal)).touched;
  }

  private async rows(
    partition: number,
    records: readonly RowRecord[],
    signal: AbortSignal,
    again = 0,
  ): Promise<Touching> {
    let committed: Committed;
    try {
      committed = await this.stage(partition, records, signal);
    } catch (error) {
      if (!(error instanceof TransactionTooLarge)) throw error;
      const halves = halvesOf(records);
      if (halves === undefined && again < AGAIN_ALONE) return this.rows(partition, records, signal, again + 1);
      if (halves === undefined) throw error;
      const first = await this.rows(partition, halves[0], signal);
      const second = await this.rows(partition, halves[1], signal);
      return touching([first.touched, second.touched]);
    }
    this.parts.onStaged?.({ ...committed.counts, changes: committed.images.length });
    return this.touch(partition, { ...committed, ...oldestOf(records) });
  }

  private async stage(partition: number, records: readonly RowRecord[], signal: AbortSignal): Promise<Committed> {
    for (;;) {
      const looked = new Set(this.lookFirst); // As this attempt found it: another partition may add to it meanwhile.
      try {
        return await this.parts.store.transact('rows', (tx) => this.transaction(tx, partition, records), signal);
      } catch (error) {
        const table =
          error instanceof DocumentRefused && error.kind === 'duplicate' ? this.tableOf(error.collection.name) : -1;
        if (table < 0 || looked.has(table)) throw error;
        this.lookFirst.add(table);
      }
    }
  }

  private tableOf(collection: string): number {
    return this.parts.tables.findIndex((table) => table.collection.name === collection);
  }

  private async transaction(
    tx: StoreTransaction,
    partition: number,
    records: readonly RowRecord[],
  ): Promise<Committed> {
    const { names, tables, evaluator } = this.parts;
    const raise = { position: highestPosition(records) };
    const fence = await tx.fence<RowsFence>(names.fences, names.rowsFence(partition), raise);
    const batch = new RowBatch(tables, fence, await this.present(tx, records));
    for (const record of records) batch.apply(record);
    const writes = batch.writes();
    for (const { table, inserts, replaces } of writes) {
      evaluateRows(table, inserts, evaluator);
      evaluateRows(table, replaces, evaluator);
      if (inserts.length > 0) await tx.insert(table.collection, inserts as never);
      if (replaces.length > 0) await tx.replace(table.collection, replaces as never);
    }
    const rereads = rereadRequests(writes, partition);
    if (rereads.length > 0) await tx.put(names.rereads, rereads);
    const tracker = this.tracker(partition);
    const { kept, dropped, over } = tracker.split(fence);
    if (batch.former.length > 0 || dropped.length > 0) {
      await tx.patch(names.fences, fence._id, { set: { former: [...kept, ...batch.former] } });
    }
    const former = [...tracker.due(fence), ...batch.former];
    return {
      images: [...batch.images(), ...former],
      former,
      over,
      counts: { staged: batch.staged, superseded: batch.superseded },
    };
  }

  private async present(tx: StoreTransaction, records: readonly RowRecord[]): Promise<StagedRow[][]> {
    const present: StagedRow[][] = [];
    const tables = keysOf(records, this.parts.tables.length).map((keys, index) => this.wanted(keys, index));
    const budget: ReadBudget = { bytes: 0, keys: tables.reduce((sum, wanted) => sum + wanted.length, 0) };
    for (const [index, wanted] of tables.entries()) {
      const { collection } = this.parts.tables[index] as StageTable;
      const find = async (keys: readonly string[]) => (await tx.byIds(collection, keys)) as unknown as StagedRow[];
      present.push(await (this.reads[index] as PacedReads).read(wanted, budget, find));
    }
    return present;
  }

  private wanted(keys: KeysOfTable, table: number): string[] {
    const wanted = [...keys.others];
    if (this.lookFirst.has(table) || wanted.length > 0) for (const key of keys.load) wanted.push(key);
    return wanted;
  }

  /**
   * After the commit, in order. While the phase, read after the commit, is still `loading`, nothing has to be touched: the
   * rows were staged before building began, and building assembles every root from the stage as it is then.
   */
  private async touch(partition: number, committed: Omit<Committed, 'counts'>): Promise<Touching> {
    const tracker = this.tracker(partition);
    tracker.trimmed(committed.over);
    const appending = this.append(partition, committed);
    const touched = tracker.begin(
      committed.former,
      appending.then((appended) => appended.touched),
    );
    await appending;
    return { touched };
  }

  /** Resolves when all roots are found, and what is too much for now is kept as tasks. */
  private async append(
    partition: number,
    { images, committedAtMs: since }: Pick<Committed, 'images' | 'committedAtMs'>,
  ): Promise<Touching> {
    if (images.length === 0 || (await this.parts.phase.loading())) return touching([]);
    const appends: Promise<unknown>[] = [];
    const tasks: Promise<unknown>[] = [];
    const why = { origin: 'change', ...(since === undefined ? {} : { committedAtMs: since }) } as const;
    const found = this.parts.resolver.resolve(images, (task) =>
      tasks.push(awaitedLater(this.parts.fanOut.add(partition, task))),
    );
    let ahead = 0;
    for await (const { collection, roots } of found) {
      appends.push(awaitedLater(this.parts.toucher.touch(collection, roots, why)));
      ahead += roots.length;
      if (ahead < ROOTS_AHEAD) continue;
      await Promise.all(appends);
      ahead = 0;
    }
    await Promise.all(tasks);
    return touching(appends);
  }

  private async barrier(partition: number, signal: AbortSignal): Promise<void> {
    const { names, store } = this.parts;
    await store.transact(
      'barrier',
      async (tx) => {
        const fence = await tx.fence<RowsFence>(names.fences, names.rowsFence(partition));
        await tx.patch(names.fences, fence._id, { set: { barrier: true } });
      },
      signal,
    );
  }

  /** Bounded transactions, each touched before the next one trims; it always runs whole again when delivered again. */
  private async truncate(
    partition: number,
    { change }: Extract<RowsRecord, { kind: 'truncate' }>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const page of wipePages(this.parts, partition, change, this.tracker(partition), signal)) {
      await (await this.touch(partition, page)).touched;
    }
  }

  private tracker(partition: number): FormerTracker {
    let tracker = this.former.get(partition);
    if (!tracker) {
      tracker = new FormerTracker();
      this.former.set(partition, tracker);
    }
    return tracker;
  }
}
