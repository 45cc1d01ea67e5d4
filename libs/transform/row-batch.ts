import { LOWEST, type Position, type RowChange, type RowsRecord, type StagedRow } from '#model';
import type { FormerEntry, RowsFence } from '#stage';
import type { StageTable } from './stage-tables.js';

/** A row as it was or is, to walk up from: its key and its join values. */
export interface Image {
  table: number;
  key: string;
  k?: Record<string, string>;
}

export type RowRecord = Exclude<RowsRecord, { kind: 'truncate' | 'barrier' }>;

/** The keys of records by table. `load`: those that only loaded rows have. */
export interface KeysOfTable {
  load: string[];
  others: Set<string>;
}

/**
 * One batch of a partition of `rows`, applied in memory, in order, onto the rows that the transaction found: so many
 * changes of one row are one write. Made inside the transaction; nothing of it survives an attempt that failed.
 */
export class RowBatch {
  private readonly rows: Map<string, StagedRow>[];
  private readonly found: Map<string, StagedRow>[];
  private readonly resolve: Set<string>[];
  readonly former: FormerEntry[] = [];
  position: Position;
  /** For counting: rows read by the load that were staged, and those that something newer had superseded. */
  staged = 0;
  superseded = 0;

  constructor(
    private readonly tables: readonly StageTable[],
    private readonly fence: RowsFence,
    present: readonly (readonly StagedRow[])[],
  ) {
    this.found = tables.map((_, table) => new Map((present[table] ?? []).map((row) => [row._id, row])));
    this.rows = tables.map(() => new Map());
    this.resolve = tables.map(() => new Set());
    this.position = fence.position;
  }

  apply(record: RowRecord): void {
    switch (record.kind) {
      case 'load':
        return this.load(record.table, record.keys, record.tuples);
      case 'changes':
        for (const change of record.changes) this.change(change);
        return;
      case 'fill':
        return this.replace(record.table, record.key, (table, present) =>
          table.merge.filled(present, record.since, record.columns, record.values),
        );
      case 'repair':
        return this.replace(record.table, record.key, (table, present) =>
          table.merge.repaired(present, record.key, record.at, record.tuple),
        );
      case 'edit':
        return this.edit(record);
      case 'touch':
        (this.resolve[record.table] as Set<string>).add(record.key);
        return;
    }
  }

  /** What the transaction has to write, by table: each row once. */
  writes(): { table: StageTable; inserts: StagedRow[]; replaces: StagedRow[] }[] {
    const writes = [];
    for (const [index, rows] of this.rows.entries()) {
      if (rows.size === 0) continue;
      const table = this.tables[index] as StageTable;
      const found = this.found[index] as Map<string, StagedRow>;
      const inserts: StagedRow[] = [];
      const replaces: StagedRow[] = [];
      for (const row of rows.values()) (found.has(row._id) ? replaces : inserts).push(row);
      writes.push({ table, inserts, replaces });
    }
    return writes;
  }

  /** Rows whose roots have to be touched, as they now stand. */
  images(): Image[] {
    const images: Image[] = [];
    for (const [table, keys] of this.resolve.entries()) {
      for (const key of keys) images.push(imageOf(table, key, this.present(table, key)));
    }
    return images;
  }

  private load(table: number, keys: readonly string[], tuples: readonly string[]): void {
    if (this.fence.barrier || this.fence.floors[String(table)] !== undefined) {
      this.superseded += keys.length;
      return;
    }
    const { merge } = this.tables[table] as StageTable;
    const rows = this.rows[table] as Map<string, StagedRow>;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const present = this.present(table, key);
      const row = merge.loaded(present, key, tuples[i] as string);
      if (row === present) {
        this.superseded++;
        continue;
      }
      this.staged++;
      rows.set(key, row);
    }
  }

  /** At or below what was applied last, also in this very batch, it is a repeat: a restarted capture appends again. */
  private change(change: RowChange): void {
    if (change.at <= this.position) {
      (this.resolve[change.table] as Set<string>).add(change.key);
      return;
    }
    if (change.at > this.position) this.position = change.at;
    this.replace(change.table, change.key, (table, present) => table.merge.changed(present, change), change.at);
  }

  /** Touches nothing: a replay does (`touch`), when the operator asks for it. */
  private edit({ table, key, at, columns }: Extract<RowRecord, { kind: 'edit' }>): void {
    const present = this.present(table, key);
    if (present === undefined || present.gone || present.at !== at) return;
    const row = { ...present, edit: { at, columns: { ...present.edit?.columns, ...columns } } };
    (this.rows[table] as Map<string, StagedRow>).set(key, row);
  }

  /** Also where nothing changes the roots are touched: a repeat may follow a crash between staging and touching. */
  private replace(
    index: number,
    key: string,
    next: (table: StageTable, present: StagedRow | undefined) => StagedRow | undefined,
    at?: Position,
  ): void {
    const present = this.present(index, key);
    const row = next(this.tables[index] as StageTable, present);
    (this.resolve[index] as Set<string>).add(key);
    if (row === undefined || row === present) return;
    if (present !== undefined && !present.gone && leaves(present, row)) {
      this.former.push({ table: index, key, at: at ?? row.at, k: present.k ?? {} });
    }
    (this.rows[index] as Map<string, StagedRow>).set(key, row);
  }

  private present(table: number, key: string): StagedRow | undefined {
    return (
      (this.rows[table] as Map<string, StagedRow>).get(key) ?? (this.found[table] as Map<string, StagedRow>).get(key)
    );
  }
}

export function imageOf(table: number, key: string, row: StagedRow | undefined): Image {
  return row?.k === undefined ? { table, key } : { table, key, k: row.k };
}

/** Whether documents that the row belonged to may lose it: it goes, or one of its join values changes. */
function leaves(former: StagedRow, now: StagedRow): boolean {
  if (now.gone) return true;
  if (former.k === undefined) return false;
  for (const name of Object.keys(former.k)) if (former.k[name] !== now.k?.[name]) return true;
  return false;
}

/** The keys that the transaction must look at before records can be applied. */
export function keysOf(records: readonly RowRecord[], tables: number): KeysOfTable[] {
  const keys: KeysOfTable[] = Array.from({ length: tables }, () => ({ load: [], others: new Set() }));
  for (const record of records) {
    if (record.kind === 'changes') for (const change of record.changes) keys[change.table]?.others.add(change.key);
    else if (record.kind === 'load') for (const key of record.keys) keys[record.table]?.load.push(key);
    else keys[record.table]?.others.add(record.key);
  }
  return keys;
}

/** Of the captured changes among them; the lowest where there is none. */
export function highestPosition(records: readonly RowRecord[]): Position {
  let highest: Position = LOWEST;
  for (const record of records) {
    if (record.kind !== 'changes') continue;
    for (const { at } of record.changes) if (at > highest) highest = at;
  }
  return highest;
}

/** A batch in two, in order: by its records, or the one record by its rows; undefined for a single row. */
export function halvesOf(records: readonly RowRecord[]): [RowRecord[], RowRecord[]] | undefined {
  const half = Math.ceil(records.length / 2);
  if (records.length > 1) return [records.slice(0, half), records.slice(half)];
  const [record] = records;
  if (record?.kind === 'changes' && record.changes.length > 1) {
    const at = Math.ceil(record.changes.length / 2);
    return [[{ ...record, changes: record.changes.slice(0, at) }], [{ ...record, changes: record.changes.slice(at) }]];
  }
  if (record?.kind === 'load' && record.keys.length > 1) {
    const at = Math.ceil(record.keys.length / 2);
    const part = (from: number, to?: number) => ({
      ...record,
      keys: record.keys.slice(from, to),
      tuples: record.tuples.slice(from, to),
    });
    return [[part(0, at)], [part(at)]];
  }
  return undefined;
}
