import { randomUUID } from 'node:crypto';
import { awaitedLater, type InFlight, type Log, type LogBatch } from '#log';
import type { Plan, TablePlan } from '#model';
import type { Chunk, LoadedRows, SnapshotId, Source } from '#sources';
import {
  type AsHolder,
  countDone,
  type IncarnationNames,
  type RecordedTask,
  RecordedTasks,
  recordsOf,
  type TaskRecord,
} from '#stage';
import type { Store } from '#store';
import type { RowPacker } from './row-packer.js';

/** A chunk of the load, durable before it is read. */
export interface ChunkRecord extends TaskRecord {
  table: number;
  /** Of the planning that made it: a planning that begins again may make another range under the same number. */
  planned: string;
  chunk: Chunk;
  rows: number;
}

export interface LoadActorParts {
  source: Source;
  plan: Plan;
  names: IncarnationNames;
  store: Store;
  asHolder: AsHolder;
  log: Log;
  topic: string;
  /** Readers side by side. */
  partitions: number;
  packer: RowPacker;
  inFlight: InFlight;
  chunkRows: number;
  /** In `snapshot` mode: the one snapshot of all readers. */
  snapshot: SnapshotId | undefined;
  /** Resolves when another chunk's rows may be appended; rejects when the signal is raised. */
  room?: (signal: AbortSignal) => Promise<void>;
  /** Repeats work on transient trouble, until the engine stops. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>;
  onRows: (table: number, rows: number) => void;
  onTableDone: (table: number) => void;
}

/**
 * Plans the chunks of the load and reads them, in any order, each in a short transaction of its own, each resumable. A
 * chunk is done when all of its rows can no longer be lost; a chunk looked at after its snapshot was taken and found done
 * is not read, so no row is read after the marker that ends the load.
 */
export class LoadActor {
  private readonly chunks: RecordedTasks<ChunkRecord>;

  constructor(private readonly parts: LoadActorParts) {
    this.chunks = new RecordedTasks(parts, parts.names.chunks);
  }

  /** Hands out every chunk that is not done, planning tables that were not planned whole; resolves when all are done. */
  async load(
    planned: ReadonlySet<number>,
    onPlanned: (table: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const tables: Promise<unknown>[] = [];
    for (const table of this.parts.plan.tables) {
      signal.throwIfAborted();
      const tasks = planned.has(table.index)
        ? await this.resume(table)
        : await this.parts.patiently(() => this.planTable(table, signal));
      if (!planned.has(table.index)) await onPlanned(table.index);
      const done = Promise.all(tasks).then(() => this.parts.onTableDone(table.index));
      tables.push(awaitedLater(done));
    }
    await Promise.all(tables);
  }

  handle(batch: LogBatch<RecordedTask>): Promise<{ completed: Promise<void> }> {
    return this.chunks.handle(batch, (id) => this.parts.patiently(() => this.read(id, batch.signal)));
  }

  private async resume(table: TablePlan): Promise<Promise<void>[]> {
    const tasks: Promise<void>[] = [];
    for await (const record of this.chunks.of(table.index)) {
      if (record.done) this.parts.onRows(table.index, record.rows);
      else tasks.push(this.chunks.handOut(record));
    }
    return tasks;
  }

  private async planTable(table: TablePlan, signal: AbortSignal): Promise<Promise<void>[]> {
    const { source } = this.parts;
    await this.chunks.forget(table.index);
    const tasks: Promise<void>[] = [];
    let n = 0;
    const planned = randomUUID();
    for await (const chunk of source.chunks(table, this.parts.chunkRows, signal)) {
      const record: ChunkRecord = {
        _id: this.chunks.id(table.index, n++),
        table: table.index,
        planned,
        chunk,
        done: false,
        rows: 0,
      };
      await this.chunks.keep(record);
      tasks.push(this.chunks.handOut(record));
    }
    return tasks;
  }

  private async read(id: string, signal: AbortSignal): Promise<{ done: Promise<void> }> {
    const { store, names, source, plan, snapshot } = this.parts;
    const record = await store.read.byId<ChunkRecord>(names.chunks, id);
    if (record === undefined || record.done) return { done: Promise.resolve() };
    await this.parts.room?.(signal);
    const { planned } = record;
    const begun = async () => {
      const now = await store.read.byId<ChunkRecord>(names.chunks, id);
      return now?.done === false && now.planned === planned;
    };
    const appends: Promise<void>[] = [];
    let rows = 0;
    const options = snapshot === undefined ? { begun, signal } : { begun, signal, snapshot };
    for await (const loaded of source.readChunk(plan.tables[record.table] as TablePlan, record.chunk, options)) {
      rows += loaded.keys.length;
      appends.push(...(await this.append(record.table, loaded)));
    }
    const done = Promise.all(appends).then(async () => {
      await store.write.patch(names.chunks, id, { where: { planned }, set: { done: true, rows } });
    });
    return { done: awaitedLater(done) };
  }

  private async append(table: number, loaded: LoadedRows): Promise<Promise<void>[]> {
    const { inFlight, packer, onRows } = this.parts;
    const bytes = loaded.bytes + 96 * loaded.keys.length;
    await inFlight.room(bytes);
    const appends = packer.appendLoaded(table, loaded);
    const release = () => inFlight.release(bytes);
    Promise.all(appends)
      .then(() => onRows(table, loaded.keys.length))
      .then(release, release);
    return appends;
  }
}

/** Rows that the load has read of a table, in the chunks that are done. */
export async function loadedRows(store: Store, names: IncarnationNames, table: number): Promise<number> {
  return (await countDone<ChunkRecord>(recordsOf(store, names.chunks, table), ({ rows }) => rows)).sum;
}
