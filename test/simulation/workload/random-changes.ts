import type { Random } from '../kernel/index.js';
import {
  type SimPostgres,
  type SimRow,
  type SimTableSpec,
  type SimTransaction,
  StatementFailed,
} from '../source/index.js';
import {
  BAD,
  BORN,
  CODE,
  EDGE,
  keyValue,
  type Model,
  type ModelColumn,
  type ModelTable,
  NUMBER,
  tableNamed,
  VERSION,
} from './model.js';

/** Few keys, so that rows meet. */
const KEYS = [2, 4, 6];
/** Each workload has its own idea of what happens often: what needs three of a kind in a row would hardly ever come about otherwise. */
const EMPHASES = [0, 1, 1, 5];
const CODES = ['a', 'b', 'c', 'Zürich', '', '$a.b'];
const INTEGERS = [-2_147_483_648, 2_147_483_647];
const DECIMALS = ['0', '-1.25', '1.50', '1.5', 'NaN', '9'.repeat(34), `-${'9'.repeat(30)}.0001`, `0.${'0'.repeat(5)}1`];
/** Of a digit too many. */
const TOO_LONG = '9'.repeat(35);

type Kind = (tx: SimTransaction, table: ModelTable) => void;

/** Random transactions on the tables of a model, each of some statements; a tenth of them is rolled back. */
export class RandomChanges {
  private version = 0;
  /** Nothing that keeps a document from being written is made any more. */
  private isMended = false;
  private readonly keys: number;
  private readonly kinds: readonly (readonly [number, Kind])[];
  /** By how often. */
  private readonly allKinds: readonly (readonly [number, Kind])[] = [
    [30, (tx, table) => this.insert(tx, table)],
    [30, (tx, table) => this.change(tx, table, this.someColumns(table))],
    [25, (tx, table) => this.change(tx, table, referring(table))],
    [8, (tx, table) => this.changeKey(tx, table)],
    [4, (tx, table) => this.swapCodes(tx, table)],
    [12, (tx, table) => void tx.delete(table.name, this.key(table))],
    [4, (tx, table) => this.insertAgain(tx, table)],
    [1, (tx, table) => tx.truncate(table.name)],
  ];

  constructor(
    private readonly model: Model,
    private readonly postgres: SimPostgres,
    private readonly random: Random,
  ) {
    this.keys = random.one(KEYS);
    this.kinds = this.allKinds.map(([weight, kind]) => [weight * random.one(EMPHASES) + 1, kind]);
  }

  createTables(): void {
    for (const table of this.model.tables) this.postgres.createTable(this.specOf(table));
  }

  /** One transaction that is committed in the course of time; what it would have to wait for ends it. */
  transaction(): void {
    const tx = this.postgres.begin();
    try {
      const statements = this.random.one([1, 1, 2, 3, 6]);
      for (let i = 0; i < statements; i++) this.statement(tx);
    } catch (error) {
      if (error instanceof StatementFailed) return;
      throw error;
    }
    if (this.random.chance(0.1)) tx.rollback();
    else void tx.commit();
  }

  /** As somebody who looks after the source: of all rows that keep documents from being written. True where there were some. */
  mend(): boolean {
    const bad = this.model.tables.flatMap((table) =>
      this.postgres.rows(table.name).flatMap((row) => {
        const set = {
          ...(row[NUMBER] === String(BAD) && { [NUMBER]: 1 }),
          ...(row[EDGE] === TOO_LONG && { [EDGE]: 1 }),
        };
        return Object.keys(set).length > 0 ? [{ table, row, set }] : [];
      }),
    );
    for (const { table, row, set } of bad) this.set(table, row, set);
    return bad.length > 0;
  }

  private set(table: ModelTable, row: Readonly<Record<string, string | null>>, columns: SimRow): void {
    const tx = this.postgres.begin();
    const key = Object.fromEntries(table.key.map((name) => [name, row[name] ?? null]));
    try {
      tx.update(table.name, key, { ...columns, [VERSION]: ++this.version });
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
      return;
    }
    void tx.commit();
  }

  /** A row of each table is such that it keeps documents from being written, where the mapping is such that it may. */
  spoil(): void {
    for (const table of this.model.tables) {
      const row = this.random.one(this.postgres.rows(table.name));
      const spoiled = { [NUMBER]: BAD, ...(table.columns.some(({ name }) => name === EDGE) && { [EDGE]: TOO_LONG }) };
      if (row !== undefined) this.set(table, row, spoiled);
    }
  }

  mendForGood(): void {
    this.isMended = true;
  }

  private statement(tx: SimTransaction): void {
    const table = this.random.one(this.model.tables);
    const all = this.kinds.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.random.below(all);
    for (const [weight, kind] of this.kinds) {
      if (at < weight) return kind(tx, table);
      at -= weight;
    }
  }

  private insert(tx: SimTransaction, table: ModelTable): void {
    const key = this.key(table);
    const row = this.row(table, key);
    // As `ON CONFLICT DO UPDATE` does.
    const { [BORN]: _, ...set } = row;
    if (!tx.update(table.name, key, set)) tx.insert(table.name, row);
  }

  private insertAgain(tx: SimTransaction, table: ModelTable): void {
    const key = this.key(table);
    tx.delete(table.name, key);
    tx.insert(table.name, this.row(table, key));
  }

  private change(tx: SimTransaction, table: ModelTable, columns: readonly ModelColumn[]): void {
    const set: Record<string, string | number | null> = { [VERSION]: ++this.version };
    for (const column of columns) set[column.name] = this.value(column);
    tx.update(table.name, this.key(table), set);
  }

  private changeKey(tx: SimTransaction, table: ModelTable): void {
    const [from, to] = [this.key(table), this.key(table)];
    const number = ++this.version;
    if (this.random.chance(0.5)) tx.delete(table.name, to);
    tx.update(table.name, from, { ...to, [BORN]: number, [VERSION]: number });
  }

  /** Two rows exchange what documents have as `_id`. */
  private swapCodes(tx: SimTransaction, table: ModelTable): void {
    const [one, other] = [this.key(table), this.key(table)];
    const [a, b] = [this.random.one(CODES), this.random.one(CODES)];
    tx.update(table.name, one, { [CODE]: a, [VERSION]: ++this.version });
    tx.update(table.name, other, { [CODE]: b, [VERSION]: ++this.version });
    tx.update(table.name, one, { [CODE]: b, [VERSION]: ++this.version });
    tx.update(table.name, other, { [CODE]: a, [VERSION]: ++this.version });
  }

  private someColumns(table: ModelTable): ModelColumn[] {
    return plain(table).filter(() => this.random.chance(0.5));
  }

  private row(table: ModelTable, key: SimRow): SimRow {
    const number = ++this.version;
    const values = [...plain(table), ...referring(table)].map((column) => [column.name, this.value(column)]);
    return { ...Object.fromEntries(values), ...key, [BORN]: number, [VERSION]: number };
  }

  private key(table: ModelTable): Record<string, number | string> {
    return Object.fromEntries(table.key.map((name) => [name, this.reference(columnNamed(table, name))]));
  }

  private value(column: ModelColumn): string | number | null {
    const { name, isLarge } = column;
    if (this.random.chance(0.15)) return null;
    if (isLarge) return `large ${++this.version}`;
    if (name === CODE) return this.random.one(CODES);
    if (name === NUMBER)
      return this.random.chance(0.05) ? this.random.one(INTEGERS) : this.random.below(this.isMended ? BAD : BAD + 1);
    if (name === EDGE) return this.random.chance(0.05) && !this.isMended ? TOO_LONG : this.random.one(DECIMALS);
    return this.reference(column);
  }

  /** The key of a row that may be there, or what refers to it. */
  private reference({ name, type }: ModelColumn): number | string {
    const place = this.random.below(name === 'no' || name.endsWith('_no') ? 2 : this.keys) + 1;
    return keyValue(type, place, type === 'numeric' ? this.random.below(3) : 0);
  }

  /** Without constraints, or with one of the kinds that reach other rows. */
  private specOf(table: ModelTable): SimTableSpec {
    return {
      name: table.name,
      columns: table.columns.map(({ name, type, isLarge = false }) => ({
        name,
        type,
        toast: isLarge,
        nullable: !table.key.includes(name),
      })),
      key: table.key,
      ...(table.isKeyedByIndex && { isKeyedByIndex: true }),
      replicaIdentity: this.random.chance(0.2) ? 'full' : table.isKeyedByIndex ? 'index' : 'default',
      foreignKeys: table.isBound
        ? table.references.map(({ columns, table: target }) => ({
            columns,
            references: { table: target, columns: tableNamed(this.model, target).key },
            onDelete: this.random.one(['cascade', 'set null'] as const),
          }))
        : [],
    };
  }
}

const referring = (table: ModelTable): ModelColumn[] => {
  const names = table.references.flatMap(({ columns }) => columns);
  return table.columns.filter(({ name }) => names.includes(name));
};

const plain = (table: ModelTable): ModelColumn[] =>
  table.columns.filter(({ name, isLarge }) => isLarge || name === CODE || name === NUMBER || name === EDGE);

const columnNamed = ({ columns }: ModelTable, name: string): ModelColumn =>
  columns.find((column) => column.name === name) as ModelColumn;
