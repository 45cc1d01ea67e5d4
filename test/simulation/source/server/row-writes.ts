import { StatementFailed } from './server-error.js';
import type { Alteration } from './table-shape.js';
import type { RowVersion, SimForeignKeySpec, SimRow, SimTable, Values, Writer } from './table.js';
import { compareValues } from './values.js';
import { bytesOf, type WalEntry, tablesOf, type Wal, type WalChange } from './wal.js';

/** About what ALTER TABLE writes. */
const CATALOGUE_BYTES = 256;

/** What a transaction's statements do to the versions of rows and to the log, and how that is undone. */
export class RowWrites {
  readonly changes: WalEntry[] = [];
  firstLsn = 0n;
  private readonly undo: (() => void)[] = [];
  private readonly lockedTables: SimTable[] = [];

  constructor(
    private readonly writer: Writer,
    private readonly wal: Wal,
    private readonly tables: ReadonlyMap<string, SimTable>,
  ) {}

  /** The newest version that this transaction may write; undefined where there is none. */
  current(table: SimTable, key: string): RowVersion | undefined {
    const version = table.heap.get(key)?.at(-1);
    if (!version) return undefined;
    this.throwIfLocked(table, version);
    return version.endedBy ? undefined : version;
  }

  insert(table: SimTable, values: Values): void {
    if (this.current(table, table.keyOf(values)))
      throw new StatementFailed('duplicate', `${table.name} has such a row`);
    this.create(table, values);
    this.log({ kind: 'insert', table, row: values });
  }

  update(table: SimTable, version: RowVersion, set: SimRow): void {
    const row = table.valuesOf(set, version.values);
    const isSame = table.keyOf(row) === table.keyOf(version.values);
    if (!isSame && this.current(table, table.keyOf(row)))
      throw new StatementFailed('duplicate', `${table.name} has such a row`);
    this.endVersion(version);
    this.create(table, row);
    const columns = new Set(Object.keys(set).flatMap((name) => table.placeOf(name) ?? []));
    this.log({ kind: 'update', table, former: version.values, row, set: columns });
  }

  /** The row first, then what refers to it, as triggers do. */
  delete(table: SimTable, version: RowVersion): void {
    this.endVersion(version);
    this.log({ kind: 'delete', table, former: version.values });
    for (const { child, key } of this.referring(table)) {
      this.throwIfEmptied(child);
      if (key.onDelete === 'no action') continue;
      // One at a time: what is done to one may reach the next one.
      for (;;) {
        const found = this.rowReferring(child, key, table, version.values);
        if (found === undefined) break;
        if (key.onDelete === 'cascade') this.delete(child, found);
        else this.update(child, found, Object.fromEntries(key.columns.map((name) => [name, null])));
      }
    }
  }

  truncate(named: readonly SimTable[], isInUse: (table: SimTable) => boolean): void {
    const tables = this.withReferring(named);
    for (const table of tables) this.throwIfUsed(table, isInUse);
    for (const table of tables) {
      this.undo.push(table.empty(this.writer));
      this.lockedTables.push(table);
    }
    this.log({ kind: 'truncate', tables });
  }

  /** Of the log only the catalogue's part, which no stream tells by itself. */
  alter(table: SimTable, alteration: Alteration, isInUse: (table: SimTable) => boolean): void {
    this.throwIfUsed(table, isInUse);
    this.undo.push(table.alter(this.writer, alteration));
    this.lockedTables.push(table);
    this.wal.write(CATALOGUE_BYTES);
  }

  log(change: WalChange): void {
    const at = this.wal.write(bytesOf(change));
    if (this.changes.length === 0) this.firstLsn = at;
    this.changes.push({ ...change, shapes: new Map(tablesOf(change).map((table) => [table, table.shape])) });
  }

  unlock(): void {
    for (const table of this.lockedTables.splice(0)) table.lockedBy = undefined;
  }

  undoAll(): void {
    for (const undo of this.undo.splice(0).reverse()) undo();
  }

  private create(table: SimTable, values: Values): void {
    const key = table.keyOf(values);
    const versions = table.heap.get(key) ?? [];
    table.heap.set(key, versions);
    table.onVersion?.(values);
    const version: RowVersion = { values, createdBy: this.writer, endedBy: undefined };
    versions.push(version);
    this.undo.push(() => {
      versions.splice(versions.indexOf(version), 1);
    });
  }

  private endVersion(version: RowVersion): void {
    version.endedBy = this.writer;
    this.undo.push(() => {
      version.endedBy = undefined;
    });
  }

  /** Also where a reference leads to it. */
  throwIfEmptied({ name, lockedBy }: SimTable): void {
    if (lockedBy && lockedBy !== this.writer) throw new StatementFailed('locked', `${name} is being emptied`);
  }

  private throwIfUsed(table: SimTable, isInUse: (table: SimTable) => boolean): void {
    this.throwIfEmptied(table);
    if (isInUse(table) || this.isWrittenByOthers(table))
      throw new StatementFailed('locked', `${table.name} is in use by another transaction`);
  }

  private throwIfLocked(table: SimTable, { createdBy, endedBy }: RowVersion): void {
    for (const writer of [createdBy, endedBy])
      if (writer && writer !== this.writer && !writer.isOver)
        throw new StatementFailed('locked', `a row of ${table.name} is written by another transaction`);
  }

  private isWrittenByOthers(table: SimTable): boolean {
    for (const versions of table.heap.values())
      for (const { createdBy, endedBy } of versions)
        for (const writer of [createdBy, endedBy]) if (writer && writer !== this.writer && !writer.isOver) return true;
    return false;
  }

  private *referring(table: SimTable): Generator<{ child: SimTable; key: SimForeignKeySpec }> {
    for (const child of this.tables.values())
      for (const key of child.spec.foreignKeys ?? [])
        if (key.references.table === table.spec.name) yield { child, key };
  }

  private rowReferring(
    child: SimTable,
    key: SimForeignKeySpec,
    parent: SimTable,
    values: Values,
  ): RowVersion | undefined {
    const own = key.columns.map((name) => child.column(name));
    const wanted = key.references.columns.map((name) => values[parent.column(name)]);
    const refers = (row: Values) =>
      own.every((column, i) => {
        const [value, to] = [row[column] ?? null, wanted[i] ?? null];
        return (
          value !== null && to !== null && compareValues(child.spec.columns[column]?.type ?? 'text', value, to) === 0
        );
      });
    for (const versions of child.heap.values()) {
      const newest = versions.at(-1);
      if (!newest || !versions.some((version) => refers(version.values))) continue;
      this.throwIfLocked(child, newest);
      if (!newest.endedBy && refers(newest.values)) return newest;
    }
    return undefined;
  }

  private withReferring(tables: readonly SimTable[]): SimTable[] {
    const all = new Set(tables);
    for (const table of all) for (const { child } of this.referring(table)) all.add(child);
    return [...all];
  }
}
