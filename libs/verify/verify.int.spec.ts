import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import type { CollectionPlan } from '#model';
import { letterId } from '#write';
import { type Shop, shop } from './testing/shop.js';
import { verifyDocuments } from './verify.js';

const SQL = `
  CREATE TABLE orders (id int PRIMARY KEY, status text NOT NULL, total numeric(10,2), seen timestamptz, ratio double precision, notes json);
  CREATE TABLE lines (order_id int, line_no int, qty bigint, PRIMARY KEY (order_id, line_no));
  CREATE TABLE codes (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), code text NOT NULL, rank int NOT NULL);
  CREATE TABLE pairs (a text, b int, note text, PRIMARY KEY (a, b));
  INSERT INTO orders SELECT g, CASE g % 5 WHEN 0 THEN 'draft' ELSE 'open' END, g * 1.1, '2024-01-01Z', (CASE g % 3 WHEN 0 THEN '-0' WHEN 1 THEN 'NaN' ELSE '1' END)::float8,
    '{"b": 1, "10": {"2": 1, "1": 2}, "9": 9007199254740993}' FROM generate_series(1, 3000) g;
  INSERT INTO lines SELECT o, n, n FROM generate_series(1, 3000) o, generate_series(1, 2) n;
  INSERT INTO codes (code, rank) SELECT 'c' || g % 900, g FROM generate_series(1, 1000) g;
  INSERT INTO pairs SELECT 'a' || g, g, NULL FROM generate_series(1, 500) g;
`;

const COLLECTIONS = `
  orders:
    table: public.orders
    where: "columns.status !== 'draft'"
    embed:
      lines: { many: public.lines, on: { order_id: id }, fields: { omit: [order_id] } }
  codes: { table: public.codes, id: code }
  pairs: { table: public.pairs }
  hashed: { table: public.pairs, id: { objectId: true } }
`;

const NEVER = new AbortController().signal;
let context: Shop;

beforeEach(async () => {
  context = await shop(SQL, COLLECTIONS);
  await context.fill();
});

afterEach(async () => {
  await context?.[Symbol.asyncDispose]();
});

const verify = (collection?: string) =>
  verifyDocuments(context.deps, { repair: false, ...(collection === undefined ? {} : { collection }) }, NEVER);

async function writeLetters(name: string, roots: readonly string[]): Promise<void> {
  const { index } = context.plan.collections.find((one) => one.name === name) as CollectionPlan;
  await context.store.write.put(
    context.names.letters,
    roots.map((root) => ({ _id: letterId(name, root), collection: name, collectionIndex: index, root })),
  );
}

describe('verification on real servers', () => {
  test('finds all documents equal, in all kinds of _id, those that lost their _id being dead letters', async () => {
    const report = await verify();
    expect(report).toMatchObject({
      equal: 2_400 + 900 + 500 + 500,
      different: 0,
      missing: 0,
      extra: 0,
      edited: 0,
      deadLetters: 100,
    });
    expect(report.documents.every(({ kind, collection }) => kind === 'deadLetter' && collection === 'codes')).toBe(
      true,
    );
  });

  test.each([
    ['an int64 for an int32', { $set: { 'lines.1.line_no': Long.fromNumber(2) } }, 'lines.1.line_no'],
    ['0 for -0', { $set: { ratio: new Double(0) } }, 'ratio'],
    ['another scale', { $set: { total: Decimal128.fromString('3.300') } }, 'total'],
    ['a millisecond', { $set: { seen: new Date(Date.UTC(2024, 0, 1) + 1) } }, 'seen'],
    ['a number beyond 2^53 by one', { $set: { 'notes.9': Long.fromString('9007199254740992') } }, 'notes.9'],
    ['a field too many', { $set: { extra: 1 } }, 'extra'],
    ['a field too few', { $unset: { ratio: 1 } }, 'ratio'],
  ])('finds %s, and nothing else', async (_, update, path) => {
    await context.mongo.db.collection('orders').updateOne({ _id: 3 as never }, update as never);
    const report = await verify('orders');
    expect(report).toMatchObject({ equal: 2_399, different: 1, missing: 0, extra: 0 });
    expect(report.documents).toMatchObject([
      { collection: 'orders', id: { $numberInt: '3' }, kind: 'different', path },
    ]);
  });

  test('finds fields in another order, also where they are named like array indexes', async () => {
    const notes = new Map<string, unknown>([
      ['b', 1],
      [
        '10',
        new Map([
          ['1', 2],
          ['2', 1],
        ]),
      ],
      ['9', Long.fromString('9007199254740993')],
    ]);
    await context.mongo.db.collection('orders').updateOne({ _id: 3 as never }, { $set: { notes } });
    const report = await verify('orders');
    expect(report).toMatchObject({ equal: 2_399, different: 1 });
    expect(report.documents[0]).toMatchObject({ path: 'notes.10.2', expected: 'field 1 of 2', found: 'field 2 of 2' });
  });

  test('finds what is missing, and documents that should not exist, whatever type their _id has', async () => {
    const { db } = context.mongo;
    await db.collection('orders').deleteOne({ _id: 7 as never });
    await db.collection('pairs').deleteOne({ _id: { a: 'a9', b: 9 } as never });
    await db
      .collection('orders')
      .insertMany([
        { _id: 'text' },
        { _id: new ObjectId() },
        { _id: 99_999 },
        { _id: 5 },
        { _id: new Date(0) },
        { _id: true },
      ] as never);
    await db
      .collection('pairs')
      .insertMany([{ _id: { a: 'a9', b: new Int32(10) } }, { _id: { b: 9, a: 'a9' } }] as never);
    await db.collection('codes').insertOne({ _id: 'c900' } as never);
    await db.collection('hashed').insertOne({ _id: new ObjectId() } as never);
    expect(await verify()).toMatchObject({
      equal: 2_399 + 900 + 499 + 500,
      different: 0,
      missing: 2,
      extra: 6 + 2 + 1 + 1,
      deadLetters: 100,
    });
  });

  test('takes a document under an equal number of another type for different, not for missing and extra', async () => {
    const { db } = context.mongo;
    const document = await db.collection('orders').findOneAndDelete({ _id: 3 as never });
    await db.collection('orders').insertOne({ ...document, _id: new Double(3) } as never);
    expect(await verify('orders')).toMatchObject({
      equal: 2_399,
      different: 1,
      missing: 0,
      extra: 0,
      documents: [{ path: '_id', expected: { $numberInt: '3' }, found: { $numberDouble: '3.0' } }],
    });
  });

  test('a dead letter is no difference, and its last good version not extra', async () => {
    await context.pg.exec(
      `UPDATE orders SET total = 1 WHERE id = 3; UPDATE orders SET seen = 'infinity' WHERE id = 4; UPDATE codes SET code = 'other' WHERE rank = 500`,
    );
    const [{ key }] = (await context.pg.query(`SELECT id::text AS key FROM codes WHERE rank = 500`)) as [
      { key: string },
    ];
    await writeLetters('orders', ['NA3', 'NA4']);
    await writeLetters('codes', [`U${key}`]);
    const orders = await verify('orders');
    expect(orders).toMatchObject({ equal: 2_398, different: 0, extra: 0, deadLetters: 2 });
    expect(orders.documents.map(({ id }) => id)).toEqual([{ $numberInt: '3' }, { $numberInt: '4' }]);
    expect(await verify('codes')).toMatchObject({ equal: 899, different: 0, missing: 0, extra: 0, deadLetters: 101 });
  });

  test('a row with a correction by an operator makes its document edited', async () => {
    const lines = context.plan.tables.find((table) => table.name === 'lines');
    await context.store.write.put(context.names.stage(lines?.index as number), [
      { _id: 'NA3\0NA2', at: 'p', c: '3\t2\t7', k: { j0: 'NA3' }, edit: { at: 'p', columns: { qty: '7' } } },
    ]);
    await context.mongo.db
      .collection('orders')
      .updateOne({ _id: 3 as never }, { $set: { 'lines.1.qty': Long.fromNumber(7) } });
    expect(await verify('orders')).toMatchObject({ equal: 2_399, different: 0, edited: 1 });
  });

  test('a collection that is not there at all is missing in all of its documents', async () => {
    await context.mongo.db.collection('orders').drop();
    const report = await verify('orders');
    expect(report).toMatchObject({ equal: 0, missing: 2_400, extra: 0 });
    expect(report.documents).toHaveLength(100);
  });
});
