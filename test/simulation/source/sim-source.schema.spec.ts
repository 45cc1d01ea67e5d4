import { expect, test } from '@jest/globals';
import type { CaptureEvent } from '#sources';
import { type Alteration, StatementFailed, type SimTableSpec } from './index.js';
import { SimWorld } from './sim-world.js';

const ITEM: SimTableSpec = {
  name: 'item',
  columns: [
    { name: 'id', type: 'int' },
    { name: 'v', type: 'text' },
  ],
  key: ['id'],
};
const EXTRA: Alteration = { kind: 'add column', column: { name: 'extra', type: 'int' } };

/** One that follows the table, and has seen a row of it. */
async function following() {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  const plan = await world.begun('item');
  const reader = world.reader(plan);
  await write(world, { id: 1, v: 'a' });
  await world.captured(reader);
  return { world, plan, reader };
}

async function write(world: SimWorld, row: Record<string, string | number>, ...before: Alteration[]): Promise<void> {
  const transaction = world.postgres.begin();
  for (const each of before) transaction.alter('item', each);
  transaction.insert('item', row);
  await world.done(transaction.commit());
}

const told = (events: readonly CaptureEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.op === 'upsert') return [event.tuple];
    return event.op === 'schema' ? [`${event.finding.code} ${event.finding.object}`] : [];
  });

test('a column that is added is told of, and left out', async () => {
  const { world, reader } = await following();
  await write(world, { id: 2, v: 'b', extra: 3 }, EXTRA);
  expect(told(await world.captured(reader))).toEqual(['COLUMN_ADDED public.item.extra', '2\tb']);
});

test.each<[string, Alteration, string]>([
  ['a column is dropped', { kind: 'drop column', column: 'v' }, 'public.item.v'],
  ['a column is renamed', { kind: 'rename column', column: 'v', to: 'w' }, 'public.item.v'],
  ['the table is renamed', { kind: 'rename table', to: 'other' }, 'public.item'],
])('%s: the stream ends before the first row of it', async (_, alteration, object) => {
  const { world, reader } = await following();
  const transaction = world.postgres.begin();
  transaction.insert('item', { id: 2, v: 'b' });
  transaction.alter('item', alteration);
  transaction.insert('item', { id: 3, v: 'c' });
  await world.done(transaction.commit());
  const events = await world.done(reader.until((event) => event.op === 'schema'));
  expect(told(events)).toEqual(['2\tb', `SCHEMA_CHANGED ${object}`]);
});

test('a column that is dropped and comes again has no values of before', async () => {
  const { world } = await following();
  const again: Alteration[] = [
    { kind: 'drop column', column: 'v' },
    { kind: 'add column', column: { name: 'v', type: 'text' } },
  ];
  await write(world, { id: 2, v: 'b' }, ...again);
  expect(world.postgres.rows('item')).toEqual([
    { id: '1', v: null },
    { id: '2', v: 'b' },
  ]);
});

test('what is not committed nobody sees, and with a rollback it never was', async () => {
  const { world } = await following();
  const catalogue = async () => (await world.done(world.source.catalogue())).tables[0]?.columns.map(({ name }) => name);
  const transaction = world.postgres.begin();
  transaction.alter('item', EXTRA);
  expect(await catalogue()).toEqual(['id', 'v']);
  transaction.rollback();
  expect(world.postgres.columnsOf('item')).toEqual(['id', 'v']);
  await write(world, { id: 2, v: 'b', extra: 1 }, EXTRA);
  expect(await catalogue()).toEqual(['id', 'v', 'extra']);
});

test('a table that others write to is not altered, and one that is altered not written to', async () => {
  const { world } = await following();
  const [one, other] = [world.postgres.begin(), world.postgres.begin()];
  one.insert('item', { id: 2, v: 'b' });
  expect(() => other.alter('item', EXTRA)).toThrow(StatementFailed);
  one.rollback();
  const altering = world.postgres.begin();
  altering.alter('item', EXTRA);
  expect(() => world.postgres.begin().insert('item', { id: 3, v: 'c' })).toThrow(StatementFailed);
});

test.each<[string, Alteration]>([
  ['42703', { kind: 'rename column', column: 'v', to: 'w' }],
  ['42P01', { kind: 'rename table', to: 'other' }],
])('who reads by a former name is told so (%s)', async (_, alteration) => {
  const { world, plan } = await following();
  await write(world, { id: 2, v: 'b' }, alteration);
  await expect(world.seen(plan)).rejects.toMatchObject({ code: 'SOURCE_SCHEMA_CHANGED', retriable: false });
});
