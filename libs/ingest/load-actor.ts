import { randomUUID } from 'node:crypto';
import type { InFlight, Log, LogBatch, LogRecord } from '#log';
import type { Plan, TablePlan } from '#model';
import type { Chunk, LoadedRows, Source, SourceSnapshot } from '#sources';
import type { IncarnationNames } from '#stage';
import type { Doc, Store } from '#store';
import type { RowPacker } from './row-packer.js';

/** A chunk of the load, durable before it is read. */
export interface ChunkRecord extends Doc {
  _id: string;
  table: number;
  /** Of the planning that made it: a planning that begins again may make another range under the same number. */
  planned: string;
  chunk: Chunk;
  done: boolean;
  rows: number;
}

export interface LoadTask extends LogRecord {
  id: string;
}

export interface LoadActorParts {
  source: Source;
  plan: Plan;
  names: IncarnationNames;
  store: Store;
  log: Log;
  topic: string;
  /** Readers side by side. */
  partitions: number;
  packer: RowPacker;
  inFlight: InFlight;
  chunkRows: number;
  /** In `snapshot` mode: the one snapshot of all readers. */
  snapshot: SourceSnapshot | undefined;
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
  constructor(private readonly parts: LoadActorParts) {}

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
      done.catch(() => undefined);
      tables.push(done);
    }
    await Promise.all(tables);
  }

  async handle(batch: LogBatch<LoadTask>): Promise<{ completed: Promise<void> }> {
    const completed: Promise<void>[] = [];
    for (const { id } of batch.records)
      completed.push((await this.parts.patiently(() => this.read(id, batch.signal))).done);
    return { completed: Promise.all(completed).then(() => undefined) };
  }

  private async resume(table: TablePlan): Promise<Promise<void>[]> {
    const tasks: Promise<void>[] = [];
    for await (const record of this.records(table)) {
      if (record.done) this.parts.onRows(table.index, record.rows);
      else tasks.push(this.task(record));
    }
    return tasks;
  }

  /** What a planning that was cut short left is removed first: its ranges need not be the same. */
  private async planTable(table: TablePlan, signal: AbortSignal): Promise<Promise<void>[]> {
    const { store, names, source } = this.parts;
    for await (const record of this.records(table)) await store.write.remove(names.chunks, [record._id]);
    const tasks: Promise<void>[] = [];
    let n = 0;
    const planned = randomUUID();
    for await (const chunk of source.chunks(table, this.parts.chunkRows, signal)) {
      const record: ChunkRecord = {
        _id: chunkId(table.index, n++),
        table: table.index,
        planned,
        chunk,
        done: false,
        rows: 0,
      };
      await store.write.put(names.chunks, [record]);
      tasks.push(this.task(record));
    }
    return tasks;
  }

  private task(record: ChunkRecord): Promise<void> {
    const task: LoadTask = { id: record._id, bytes: 100 };
    const partition = Number(record._id.split(':')[1]) % this.parts.partitions;
    const append = this.parts.log.append(this.parts.topic, partition, [task]);
    append.catch(() => undefined);
    return append;
  }

  private records(table: TablePlan): AsyncGenerator<ChunkRecord> {
    return chunkRecords(this.parts.store, this.parts.names, table.index);
  }

  private async read(id: string, signal: AbortSignal): Promise<{ done: Promise<void> }> {
    const { store, names, source, plan, snapshot } = this.parts;
    const record = await store.read.byId<ChunkRecord>(names.chunks, id);
    if (record === undefined || record.done) return { done: Promise.resolve() };
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
    done.catch(() => undefined);
    return { done };
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

/** A number of fixed width, so that the order of records is that of the chunks. */
function chunkId(table: number, n: number): string {
  return `${table}:${String(n).padStart(9, '0')}`;
}

/** Rows that the load has read of a table, in the chunks that are done. */
export async function loadedRows(store: Store, names: IncarnationNames, table: number): Promise<number> {
  let rows = 0;
  for await (const record of chunkRecords(store, names, table)) rows += record.rows;
  return rows;
}

async function* chunkRecords(store: Store, names: IncarnationNames, table: number): AsyncGenerator<ChunkRecord> {
  let after = `${table}:`;
  for (;;) {
    const range = { after, upTo: `${table}:~` };
    const page: ChunkRecord[] = await store.read.range<ChunkRecord>(names.chunks, range, { limit: 1_000 });
    yield* page;
    if (page.length < 1_000) return;
    after = page.at(-1)?._id ?? after;
  }
}
