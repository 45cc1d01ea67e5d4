import { expect, test } from '@jest/globals';
import type { RowChange, TablePlan, TruncateChange } from '#model';
import type { CaptureEvent } from '#sources';
import { StatementFailed, type SimTableSpec } from './index.js';
import { never, SimWorld } from './sim-world.js';

const PAGE: SimTableSpec = {
  name: 'page',
  columns: [
    { name: 'id', type: 'int' },
    { name: 'body', type: 'text', toast: true },
    { name: 'n', type: 'numeric(8,2)' },
  ],
  key: ['id'],
};
const PARENT: SimTableSpec = { name: 'parent', columns: [{ name: 'id', type: 'int' }], key: ['id'] };
const CHILD: SimTableSpec = {
  name: 'child',
  columns: [
    { name: 'id', type: 'int' },
    { name: 'parent', type: 'int' },
    { name: 'other', type: 'int' },
  ],
  key: ['id'],
  foreignKeys: [
    { columns: ['parent'], references: { table: 'parent', columns: ['id'] }, onDelete: 'cascade' },
    { columns: ['other'], references: { table: 'parent', columns: ['id'] }, onDelete: 'set null' },
  ],
};

type Told = Omit<RowChange, 'at' | 'transaction'> | Omit<TruncateChange, 'at'>;

/** What says what happened, without where. */
function told(events: readonly CaptureEvent[]): Told[] {
  return events.flatMap((event): Told[] => {
    if (event.op === 'truncate') return [{ op: event.op, table: event.table }];
    if (event.op !== 'upsert' && event.op !== 'delete') return [];
    const { at: _at, transaction: _transaction, ...rest } = event;
    return [rest];
  });
}

async function changed(spec: SimTableSpec, write: (world: SimWorld) => Promise<void>) {
  const world = new SimWorld();
  world.postgres.createTable(spec);
  const before = world.postgres.begin();
  before.insert('page', { id: 1, body: 'long', n: 1 });
  await world.done(before.commit());
  const plan = await world.begun('page');
  await world.done(write(world));
  return told(await world.captured(world.reader(plan)));
}

test('a large value that an update does not set is missing, and one that it sets to the same is not', async () => {
  const events = await changed(PAGE, async ({ postgres }) => {
    const transaction = postgres.begin();
    transaction.update('page', { id: 1 }, (row) => ({ n: Number(row.n) + 0.5 }));
    transaction.update('page', { id: 1 }, { body: 'long' });
    await transaction.commit();
  });
  expect(events).toEqual([
    { op: 'upsert', table: 0, key: 'NA1', tuple: '1\t\\N\t1.50', missing: [1] },
    { op: 'upsert', table: 0, key: 'NA1', tuple: '1\tlong\t1.50' },
  ]);
});

test('the insert half of a change of key lacks it too, unless the whole former row is in the log', async () => {
  const move = async ({ postgres }: SimWorld) => {
    const transaction = postgres.begin();
    transaction.update('page', { id: 1 }, { id: 2 });
    await transaction.commit();
  };
  const gone = { op: 'delete', table: 0, key: 'NA1', tuple: '' };
  expect(await changed(PAGE, move)).toEqual([
    gone,
    { op: 'upsert', table: 0, key: 'NA2', tuple: '2\t\\N\t1.00', missing: [1], keyChanged: true },
  ]);
  expect(await changed({ ...PAGE, replicaIdentity: 'full' }, move)).toEqual([
    gone,
    { op: 'upsert', table: 0, key: 'NA2', tuple: '2\tlong\t1.00' },
  ]);
});

test('a key whose value is large is known all the same', async () => {
  const columns = [{ name: 'id', type: 'text', toast: true } as const, { name: 'n', type: 'int' } as const];
  const world = new SimWorld();
  world.postgres.createTable({ name: 'page', columns, key: ['id'] });
  const plan = await world.begun('page');
  const transaction = world.postgres.begin();
  transaction.insert('page', { id: 'a', n: 1 });
  transaction.update('page', { id: 'a' }, { n: 2 });
  await world.done(transaction.commit());
  const events = told(await world.captured(world.reader(plan)));
  expect(events.map((event) => ('key' in event ? event.key : ''))).toEqual(['Ta', 'Ta']);
});

test('what foreign keys do is in the log of the same transaction, behind its cause', async () => {
  const world = new SimWorld();
  for (const spec of [PARENT, CHILD]) world.postgres.createTable(spec);
  const before = world.postgres.begin();
  for (const id of [1, 2]) before.insert('parent', { id });
  before.insert('child', { id: 10, parent: 1, other: 2 });
  before.insert('child', { id: 11, parent: 2, other: 1 });
  await world.done(before.commit());
  const plan = await world.begun('parent', 'child');
  const transaction = world.postgres.begin();
  transaction.delete('parent', { id: 1 });
  await world.done(transaction.commit());
  const events = await world.captured(world.reader(plan));
  expect(told(events).map((event) => [event.op, event.table, 'tuple' in event ? event.tuple : ''])).toEqual([
    ['delete', 0, ''],
    ['delete', 1, ''],
    ['upsert', 1, '11\t2\t\\N'],
  ]);
  const ids = events.flatMap((event) => ('transaction' in event ? [event.transaction] : []));
  expect(new Set(ids).size).toBe(1);
});

test('a row that foreign keys reach on two ways is deleted once, as it is by then', async () => {
  const world = new SimWorld();
  const reference = (column: string, onDelete: 'cascade' | 'set null') => ({
    columns: [column],
    references: { table: 'node', columns: ['id'] },
    onDelete,
  });
  world.postgres.createTable({
    name: 'node',
    columns: ['id', 'above', 'beside'].map((name) => ({ name, type: 'int', nullable: name !== 'id' })),
    key: ['id'],
    foreignKeys: [reference('above', 'cascade'), reference('beside', 'set null')],
  });
  const before = world.postgres.begin();
  before.insert('node', { id: 1 });
  before.insert('node', { id: 2, above: 1 });
  before.insert('node', { id: 3, above: 1, beside: 2 });
  await world.done(before.commit());
  const transaction = world.postgres.begin();
  transaction.delete('node', { id: 1 });
  await world.done(transaction.commit());
  expect(world.postgres.rows('node')).toEqual([]);
});

test('TRUNCATE empties what refers to the table too, also for those who read in an older snapshot', async () => {
  const world = new SimWorld();
  for (const spec of [PARENT, CHILD]) world.postgres.createTable(spec);
  const before = world.postgres.begin();
  before.insert('parent', { id: 1 });
  before.insert('child', { id: 10, parent: 1 });
  await world.done(before.commit());
  const plan = await world.begun('parent', 'child');
  const older = await world.done(world.source.openReader());
  const transaction = world.postgres.begin();
  transaction.truncate('parent');
  transaction.insert('parent', { id: 2 });
  await world.done(transaction.commit());
  expect(told(await world.captured(world.reader(plan)))).toEqual([
    { op: 'truncate', table: 0 },
    { op: 'truncate', table: 1 },
    { op: 'upsert', table: 0, key: 'NA2', tuple: '2' },
  ]);
  expect((await world.done(older.page(plan.tables[1] as TablePlan, null, 10))).tuples).toEqual([]);
  expect(await world.seen(plan)).toEqual(['2']);
});

test('a table that is read cannot be emptied, and one that is being emptied is waited for', async () => {
  const world = new SimWorld();
  world.postgres.createTable(PARENT);
  const before = world.postgres.begin();
  before.insert('parent', { id: 1 });
  await world.done(before.commit());
  const plan = await world.plan('parent');
  const reader = await world.done(world.source.openReader());
  await world.done(reader.page(plan.tables[0] as TablePlan, null, 10));
  expect(() => world.postgres.begin().truncate('parent')).toThrow(StatementFailed);
  await world.done(reader.close());
  const transaction = world.postgres.begin();
  transaction.truncate('parent');
  expect(world.postgres.rows('parent')).toEqual([{ id: '1' }]);
  const seen = world.seen(plan);
  void transaction.commit({ visibleAfterMs: 1_000 });
  expect(await seen).toEqual([]);
  expect(transaction.isOver).toBe(true);
});

test('a table that another transaction empties is locked, also where only a reference leads to it', async () => {
  const world = new SimWorld();
  for (const spec of [PARENT, CHILD]) world.postgres.createTable(spec);
  const before = world.postgres.begin();
  before.insert('parent', { id: 1 });
  await world.done(before.commit());
  world.postgres.begin().truncate('child');
  expect(() => world.postgres.begin().truncate('parent')).toThrow(StatementFailed);
  expect(() => world.postgres.begin().delete('parent', { id: 1 })).toThrow(StatementFailed);
});

test('a row that another transaction writes is locked until that one is visible, and what is rolled back was never there', async () => {
  const world = new SimWorld();
  world.postgres.createTable(PARENT);
  const rolledBack = world.postgres.begin();
  rolledBack.insert('parent', { id: 1 });
  expect(() => world.postgres.begin().insert('parent', { id: 1 })).toThrow(/written by another/);
  rolledBack.rollback();
  const transaction = world.postgres.begin();
  transaction.insert('parent', { id: 1 });
  void transaction.commit({ visibleAfterMs: 1_000 });
  await world.until(() => transaction.isCommitted);
  expect(() => world.postgres.begin().delete('parent', { id: 1 })).toThrow(/written by another/);
  await world.until(() => transaction.isOver);
  const third = world.postgres.begin();
  expect(third.delete('parent', { id: 1 })).toBe(true);
  await world.done(third.commit());
  expect(world.postgres.rows('parent')).toEqual([]);
});

test('cuts and reads keys of several columns in the order of their types', async () => {
  const world = new SimWorld();
  const columns = [{ name: 'a', type: 'numeric' } as const, { name: 'b', type: 'text' } as const];
  world.postgres.createTable({ name: 'pair', columns, key: ['a', 'b'] });
  const transaction = world.postgres.begin();
  for (const a of ['10', '9.5', '-2', '-10.25']) for (const b of ['x', 'B']) transaction.insert('pair', { a, b });
  expect(() => transaction.insert('pair', { a: '9.50', b: 'x' })).toThrow(/such a row/);
  const again = world.postgres.begin();
  for (const a of ['10', '9.5', '-2', '-10.25']) for (const b of ['x', 'B']) again.insert('pair', { a, b });
  await world.done(again.commit());
  const plan = await world.plan('pair');
  const table = plan.tables[0] as TablePlan;
  const read: string[] = [];
  const reading = (async () => {
    for await (const chunk of world.source.chunks(table, 3, never))
      for await (const { tuples } of world.source.readChunk(table, chunk, { signal: never })) read.push(...tuples);
  })();
  await world.done(reading);
  expect(read).toEqual(['-10.25\tB', '-10.25\tx', '-2\tB', '-2\tx', '9.5\tB', '9.5\tx', '10\tB', '10\tx']);
});
