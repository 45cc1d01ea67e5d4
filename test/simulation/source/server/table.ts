import { type Canonicalize, canonicalizer, type ValueType } from '#model';
import type { TransactionSnapshot } from '../../../../libs/sources/postgres/visibility.js';
import { compareValues, type SimType, type SimValue, textOf, valueTypeOf } from './values.js';

export interface SimColumnSpec {
  name: string;
  type: SimType;
  /** Its values are large, and kept beside the row: an update that does not set it leaves it out of the log. */
  toast?: boolean;
  nullable?: boolean;
}

export interface SimForeignKeySpec {
  columns: readonly string[];
  references: { table: string; columns: readonly string[] };
  onDelete: 'no action' | 'cascade' | 'set null';
}

export interface SimTableSpec {
  name: string;
  /** `public` where it is not given. */
  schema?: string;
  columns: readonly SimColumnSpec[];
  key: readonly string[];
  replicaIdentity?: 'default' | 'full';
  foreignKeys?: readonly SimForeignKeySpec[];
}

/** Columns by name, as a workload writes them; in what the server gives, only text and null. */
export type SimRow = Readonly<Record<string, SimValue>>;
/** All columns' texts, in the order of the table. */
export type Values = readonly (string | null)[];

/** The transaction that made or ended a version of a row, as far as readers ask for it. */
export interface Writer {
  readonly id: bigint;
  /** Its commit is in the log: it can no longer fail. */
  readonly isWritten: boolean;
  /** The commit log says so. */
  readonly isCommitted: boolean;
  /** No longer among those that run, whichever way it ended: its locks are free. */
  readonly isOver: boolean;
}

export interface RowVersion {
  readonly values: Values;
  readonly createdBy: Writer;
  endedBy: Writer | undefined;
}

/** By canonical key, the versions of one key from the oldest to the newest. */
export type Heap = Map<string, RowVersion[]>;

/** A table as the server keeps it: every version of every row, which is seen by whom decided when it is read. */
export class SimTable {
  /** TRUNCATE gives it a new one. */
  heap: Heap = new Map();
  /** What it had before whoever locks it emptied it. */
  private former: Heap = this.heap;
  /** Told of each version of a row, also of those that are never committed. */
  onVersion: ((values: Values) => void) | undefined;
  /** Who holds it against everybody else, readers included. */
  lockedBy: Writer | undefined;
  readonly schema: string;
  readonly keyColumns: readonly number[];
  readonly types: readonly ValueType[];
  private readonly canonical: Canonicalize;

  constructor(
    readonly oid: number,
    readonly spec: SimTableSpec,
  ) {
    this.schema = spec.schema ?? 'public';
    this.keyColumns = spec.key.map((name) => this.column(name));
    this.types = spec.columns.map(({ type }) => valueTypeOf(type));
    this.canonical = canonicalizer(this.types, this.keyColumns);
  }

  get name(): string {
    return this.spec.name;
  }

  column(name: string): number {
    const column = this.spec.columns.findIndex((candidate) => candidate.name === name);
    if (column < 0) throw new Error(`the table ${this.spec.name} has no column ${name}`);
    return column;
  }

  /** What it names is set, everything else as in `base`, or null. */
  valuesOf(row: SimRow, base?: Values): Values {
    for (const name of Object.keys(row)) this.column(name);
    return this.spec.columns.map(({ name, type }, column) => {
      const value = row[name];
      return value === undefined ? (base?.[column] ?? null) : textOf(type, value);
    });
  }

  rowOf(values: Values): Record<string, string | null> {
    return Object.fromEntries(this.spec.columns.map(({ name }, column) => [name, values[column] ?? null]));
  }

  keyOf(values: Values): string {
    const key = this.canonical(values);
    if (key === undefined) throw new Error(`a key of ${this.spec.name} is null`);
    return key;
  }

  /** Emptied by one that holds it until it is over; returns what undoes it. */
  empty(by: Writer): () => void {
    const before = this.heap;
    if (this.lockedBy !== by) this.former = before;
    this.lockedBy = by;
    this.heap = new Map();
    return () => {
      this.heap = before;
    };
  }

  /** What a snapshot shows of the rows that are wanted, in the order of the key. */
  seenIn(snapshot: TransactionSnapshot, isWanted: (row: Values) => boolean = () => true): Values[] {
    const rows: Values[] = [];
    for (const versions of this.heap.values())
      for (const { values, createdBy, endedBy } of versions)
        if (sees(snapshot, createdBy) && !(endedBy && sees(snapshot, endedBy)) && isWanted(values)) rows.push(values);
    return this.sorted(rows);
  }

  /** What will be there when everything that is in the log can be seen. */
  finally(): Values[] {
    const rows: Values[] = [];
    const heap = this.lockedBy && !this.lockedBy.isWritten ? this.former : this.heap;
    for (const versions of heap.values())
      for (const { values, createdBy, endedBy } of versions)
        if (createdBy.isWritten && !endedBy?.isWritten) rows.push(values);
    return this.sorted(rows);
  }

  /** Of two lists of the key's values. */
  compareKeys(a: Values, b: Values): number {
    for (let i = 0; i < this.keyColumns.length; i++) {
      const { type } = this.spec.columns[this.keyColumns[i] as number] as SimColumnSpec;
      const order = compareValues(type, a[i] ?? '', b[i] ?? '');
      if (order !== 0) return order;
    }
    return 0;
  }

  keyValues(values: Values): (string | null)[] {
    return this.keyColumns.map((column) => values[column] ?? null);
  }

  private sorted(rows: Values[]): Values[] {
    return rows.sort((a, b) => this.compareKeys(this.keyValues(a), this.keyValues(b)));
  }
}

/** A transaction that a snapshot counts as finished, and of which the commit log says nothing yet, passes for rolled back. */
function sees({ xmin, xmax, inProgress }: TransactionSnapshot, { id, isCommitted }: Writer): boolean {
  return isCommitted && (id < xmin || (id < xmax && !inProgress.has(id)));
}
