import { type Canonicalize, canonicalizer } from '#model';
import type { TransactionSnapshot } from '../../../../libs/sources/postgres/visibility.js';
import { ServerError } from './server-error.js';
import { type Alteration, TableShape } from './table-shape.js';
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
  /** By a unique index; by a primary key where absent. */
  isKeyedByIndex?: boolean;
  /** `index`: that of the key. */
  replicaIdentity?: 'default' | 'full' | 'index';
  foreignKeys?: readonly SimForeignKeySpec[];
}

/** Of a replica identity, as PostgreSQL writes it. */
export const IDENTITY_LETTERS = { default: 'd', full: 'f', index: 'i' } as const;

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
  shape: TableShape;
  private formerShape: TableShape;
  readonly schema: string;
  readonly keyColumns: readonly number[];
  private readonly canonical: Canonicalize;

  constructor(
    readonly oid: number,
    readonly spec: SimTableSpec,
  ) {
    this.schema = spec.schema ?? 'public';
    this.shape = TableShape.of(spec);
    this.formerShape = this.shape;
    this.keyColumns = spec.key.map((name) => this.column(name));
    this.canonical = canonicalizer(
      spec.columns.map(({ type }) => valueTypeOf(type)),
      this.keyColumns,
    );
  }

  /** What it is called now. */
  get name(): string {
    return this.shape.name;
  }

  /** As everybody sees it: a change of it that is not committed nobody does. */
  get shownShape(): TableShape {
    return this.lockedBy ? this.formerShape : this.shape;
  }

  /** Where it stands in the values of a row. */
  column(name: string): number {
    const place = this.placeOf(name);
    if (place === undefined) throw new Error(`the column ${name} of ${this.spec.name} was dropped`);
    return place;
  }

  /** By what applications know it by; undefined where it was dropped, which they know as well. */
  placeOf(name: string): number | undefined {
    if (!this.shape.attributes.some(({ spec }) => spec.name === name))
      throw new Error(`the table ${this.spec.name} has no column ${name}`);
    return this.shape.columns.find(({ spec }) => spec.name === name)?.place;
  }

  /** By what it is called now, as a statement of somebody else names it. */
  named(name: string): number {
    const found = this.shape.columns.find((column) => column.name === name);
    if (!found) throw new ServerError('42703', `column ${name} of ${this.name} does not exist`);
    return found.place;
  }

  /** What it names is set, everything else as in `base`, or null. */
  valuesOf(row: SimRow, base?: Values): Values {
    for (const name of Object.keys(row)) this.placeOf(name);
    return this.shape.attributes.map(({ spec: { name, type }, isDropped }, place) => {
      const value = isDropped ? undefined : row[name];
      return value === undefined ? (base?.[place] ?? null) : textOf(type, value);
    });
  }

  rowOf(values: Values): Record<string, string | null> {
    return Object.fromEntries(this.shape.columns.map(({ spec: { name }, place }) => [name, values[place] ?? null]));
  }

  keyOf(values: Values): string {
    const key = this.canonical(values);
    if (key === undefined) throw new Error(`a key of ${this.spec.name} is null`);
    return key;
  }

  /** Emptied by one that holds it until it is over; returns what undoes it. */
  empty(by: Writer): () => void {
    const before = this.heap;
    this.lock(by);
    this.heap = new Map();
    return () => {
      this.heap = before;
    };
  }

  /** By one that holds it until it is over; returns what undoes it. Rows stay as they are: nobody reads what was dropped. */
  alter(by: Writer, alteration: Alteration): () => void {
    const before = this.shape;
    this.lock(by);
    this.shape = before.altered(alteration);
    return () => {
      this.shape = before;
    };
  }

  private lock(by: Writer): void {
    if (this.lockedBy === by) return;
    this.former = this.heap;
    this.formerShape = this.shape;
    this.lockedBy = by;
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
