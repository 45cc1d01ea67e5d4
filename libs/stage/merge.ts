import {
  type MissingColumns,
  packTuple,
  type Position,
  type RowChange,
  type StagedRow,
  type TablePlan,
  type Tuple,
  unpackTuple,
} from '#model';

/** Canonical join values of a row, by the table's plan; undefined where the table joins by its key alone. */
export type JoinValues = (tuple: Tuple) => Record<string, string> | undefined;

/** Above this a row cannot be kept in one document of MongoDB (16 MiB) with its key and join values. */
export const MAX_TUPLE_BYTES = 15 * 1024 * 1024;

/**
 * What a table's rows become on the stage. Pure: each function takes the row that is staged now, or undefined, and returns
 * the row that takes its place; the same object back means that nothing changes. Columns are kept, not finished pieces of
 * documents: an unchanged column must be mergeable into any expression.
 */
export class RowMerge {
  constructor(
    private readonly table: TablePlan,
    private readonly joinValues: JoinValues,
  ) {}

  /** A row that the load read: anything captured wins over it, whichever comes first; only what is missing is filled. */
  loaded(present: StagedRow | undefined, key: string, tuple: Tuple): StagedRow {
    if (present === undefined) return this.stage(key, '', tuple);
    if (present.missing === undefined || present.missing.keyChanged) return present;
    return this.fill(present, present.missing.columns, unpackTuple(tuple));
  }

  /** A captured change that is no repeat. `since` of a missing column is that of the change that left it out first. */
  changed(present: StagedRow | undefined, change: RowChange): StagedRow {
    if (change.op === 'delete') return { _id: change.key, at: change.at, gone: true };
    if (change.missing === undefined) return this.stage(change.key, change.at, change.tuple);
    const known = present !== undefined && !present.gone && !change.keyChanged && !present.bad ? present : undefined;
    if (known?.c === undefined) return this.withMissing(change, change.tuple, newlyMissing(change));
    const values = unpackTuple(change.tuple);
    const former = unpackTuple(known.c);
    for (const column of change.missing) values[column] = former[column] ?? null;
    const still = change.missing.filter((column) => known.missing?.columns.includes(column));
    const tuple = packTuple(values);
    if (still.length === 0 || known.missing === undefined) return this.stage(change.key, change.at, tuple);
    return this.withMissing(change, tuple, { ...known.missing, columns: still });
  }

  /** Values read again; they count only while the same change's columns are missing. */
  filled(
    present: StagedRow | undefined,
    since: Position,
    columns: readonly number[],
    values: Tuple,
  ): StagedRow | undefined {
    if (present?.missing === undefined || present.missing.since !== since) return present;
    const texts = unpackTuple(values);
    const whole: (string | null)[] = new Array(this.table.columns.length).fill(null);
    columns.forEach((column, i) => {
      whole[column] = texts[i] ?? null;
    });
    return this.fill(
      present,
      present.missing.columns.filter((column) => columns.includes(column)),
      whole,
    );
  }

  /** A row read again as of the marker at `at`: it takes the place of what is staged at or below. */
  repaired(present: StagedRow | undefined, key: string, at: Position, tuple: Tuple | null): StagedRow | undefined {
    if (present !== undefined && present.at > at) return present;
    if (tuple !== null) return this.stage(key, at, tuple);
    return present === undefined ? undefined : { _id: key, at, gone: true };
  }

  /** TRUNCATE: what is staged below its position is gone. */
  wiped(present: StagedRow, at: Position): StagedRow {
    return present.gone || present.at >= at ? present : { _id: present._id, at, gone: true };
  }

  private stage(key: string, at: Position, tuple: Tuple): StagedRow {
    const row: StagedRow = { _id: key, at, c: tuple };
    const k = this.joinValues(tuple);
    if (k !== undefined) row.k = k;
    if (tuple.length > MAX_TUPLE_BYTES / 4 && Buffer.byteLength(tuple) > MAX_TUPLE_BYTES) this.withoutColumns(row);
    return row;
  }

  /** Of a row too large for MongoDB, also with the results of its expressions: staged without them all, and bad. */
  withoutColumns(row: StagedRow): void {
    delete row.c;
    delete row.x;
    row.bad = {
      code: 'ROW_TOO_LARGE',
      message: `a row of ${this.table.schema}.${this.table.name} is too large for MongoDB`,
    };
    row.missing = { columns: this.table.columns.map((_, column) => column), since: row.at, transaction: '' };
  }

  private withMissing(change: RowChange, tuple: Tuple, missing: MissingColumns): StagedRow {
    const row = this.stage(change.key, change.at, tuple);
    row.missing ??= missing;
    return row;
  }

  private fill(present: StagedRow, columns: readonly number[], from: readonly (string | null)[]): StagedRow {
    const missing = present.missing;
    if (missing === undefined || present.c === undefined || columns.length === 0) return present;
    const values = unpackTuple(present.c);
    for (const column of columns) values[column] = from[column] ?? null;
    const row = this.stage(present._id, present.at, packTuple(values));
    const still = missing.columns.filter((column) => !columns.includes(column));
    if (still.length > 0 && row.missing === undefined) row.missing = { ...missing, columns: still };
    if (present.edit !== undefined) row.edit = present.edit;
    return row;
  }
}

function newlyMissing(change: RowChange): MissingColumns {
  const missing: MissingColumns = { columns: change.missing ?? [], since: change.at, transaction: change.transaction };
  if (change.keyChanged) missing.keyChanged = true;
  return missing;
}
