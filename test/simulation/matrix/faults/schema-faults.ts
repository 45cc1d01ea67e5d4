import type { Plan } from '#model';
import type { Random } from '../../kernel/index.js';
import {
  type Alteration,
  type SimColumnSpec,
  type SimTable,
  type SimTransaction,
  StatementFailed,
} from '../../source/index.js';
import { ADDED, CODE, LARGE, NUMBER } from '../../workload/index.js';
import { befalls, type FaultParts } from './fault-parts.js';

const SHARE = { added: 0.002, stops: 0.006 };

/** Of a table and those of its columns that are in use. */
type Stopping = (table: SimTable, columns: readonly string[]) => Alteration[][];

const STOPPING: Record<string, Stopping> = {
  'a table is renamed': ({ name }) => [[{ kind: 'rename table', to: `${name}_renamed` }]],
  'a column is renamed': (_, columns) =>
    columns
      .filter((name) => [NUMBER, CODE, LARGE].includes(name))
      .map((column) => [{ kind: 'rename column', column, to: `${column}_renamed` }]),
  'a column is dropped and added again': (table, columns) =>
    columns
      .filter((name) => [NUMBER, CODE].includes(name))
      .map((name) => [
        { kind: 'drop column', column: name },
        { kind: 'add column', column: columnOf(table, name) },
      ]),
  // A large value is the one that its row's version had, as documents are looked at.
  'a column is dropped': (_, columns) =>
    columns.filter((name) => [NUMBER, CODE].includes(name)).map((column) => [{ kind: 'drop column', column }]),
};

/** The schema of the source changes, and rows are written before, within and after it. */
export class SchemaFaults {
  private isMending = false;

  constructor(
    private readonly parts: FaultParts,
    private readonly random: Random,
  ) {}

  /** Asked again and again during a storm. */
  mayBefall(): void {
    const { random } = this;
    if (random.chance(SHARE.added)) this.addColumn();
    if (random.chance(SHARE.stops)) this.stop();
  }

  /** Whether the source has all that the job file names, under the names that it has there. */
  get isWhole(): boolean {
    return !this.isMending && this.tables.every((table) => mending(table).length === 0);
  }

  /** As an operator before the job is loaded again; false as long as that is not done. */
  mend(): boolean {
    if (this.isWhole) return true;
    if (this.isMending) return false;
    const transaction = this.parts.world.servers.postgres.begin();
    this.attempt(() => {
      for (const table of this.tables) for (const each of mending(table)) transaction.alter(table.spec.name, each);
      this.isMending = true;
      void transaction.commit().then(() => {
        this.isMending = false;
      });
    });
    return false;
  }

  /** The job goes on without it. */
  private addColumn(): void {
    const table = this.random.one(this.tables);
    if (table.shape.columns.some(({ name }) => name === ADDED)) return;
    const added: Alteration = { kind: 'add column', column: { name: ADDED, type: 'int', nullable: true } };
    if (this.alter(table, [added])) befalls(this.parts, 'a column is added');
  }

  /** Of what the job has in its plan. It may be on its way to a load that looks at the source only then: that is another matter. */
  private stop(): void {
    const { world, onLost } = this.parts;
    const plan = world.plan();
    if (plan === undefined || !world.isAsAsked() || world.list.attention !== undefined || !this.isWhole) return;
    const name = this.random.one(Object.keys(STOPPING));
    const { table, by } = this.random.one(this.possible(plan, STOPPING[name] as Stopping)) ?? {};
    if (table === undefined || by === undefined || !this.alter(table, by)) return;
    onLost('schema');
    befalls(this.parts, name);
  }

  private possible(plan: Plan, stopping: Stopping): { table: SimTable; by: Alteration[] }[] {
    return this.tables.flatMap((table) => {
      const planned = plan.tables.find(({ sourceId }) => sourceId === String(table.oid));
      const columns = planned?.columns.map(({ name }) => name) ?? [];
      return planned === undefined ? [] : stopping(table, columns).map((by) => ({ table, by }));
    });
  }

  /** With a row after it, by which a stream tells of it, and maybe one before it in the same transaction. */
  private alter(table: SimTable, by: readonly Alteration[]): boolean {
    const { postgres } = this.parts.world.servers;
    const { name, key } = table.spec;
    const row = this.random.one(postgres.rows(name));
    const isWithin = this.random.chance(0.5);
    if (row === undefined) return false;
    const its = Object.fromEntries(key.map((column) => [column, row[column] ?? null]));
    const transaction = postgres.begin();
    return this.attempt(() => {
      if (isWithin) this.write(transaction, name, its, {});
      for (const each of by) transaction.alter(name, each);
      this.write(transaction, name, its, by.some(isAdding) ? { [ADDED]: 1 } : {});
      void transaction.commit();
    });
  }

  private write(transaction: SimTransaction, table: string, key: Row, set: Row): void {
    if (transaction.update(table, key, set)) return;
    transaction.rollback();
    throw new StatementFailed('locked', `a row of ${table} is gone meanwhile`);
  }

  private attempt(statements: () => void): boolean {
    try {
      statements();
      return true;
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
      return false;
    }
  }

  private get tables(): SimTable[] {
    const { postgres } = this.parts.world.servers;
    return this.parts.world.model.tables.map(({ name }) => postgres.table(name));
  }
}

const isAdding = (by: Alteration): boolean => by.kind === 'add column' && by.column.name === ADDED;

const columnOf = ({ spec }: SimTable, name: string): SimColumnSpec =>
  spec.columns.find((column) => column.name === name) as SimColumnSpec;

type Row = Record<string, string | number | null>;

/** What makes it what it was. */
function mending({ spec, shape }: SimTable): Alteration[] {
  const { columns, name } = shape;
  return [
    ...(name === spec.name ? [] : [{ kind: 'rename table' as const, to: spec.name }]),
    ...spec.columns
      .filter((column) => !columns.some((each) => each.spec.name === column.name))
      .map((column) => ({ kind: 'add column' as const, column })),
    ...columns
      .filter((column) => column.name !== column.spec.name)
      .map((column) => ({ kind: 'rename column' as const, column: column.spec.name, to: column.spec.name })),
  ];
}
