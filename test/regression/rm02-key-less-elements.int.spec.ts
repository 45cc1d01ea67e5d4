import { expect, test } from '@jest/globals';
import { oracleJob } from '../oracle/index.js';

/** An element of an array is its row: an update changes it and adds none. Without a key a row cannot be told, so that is refused. */

const LINES = 'order_id int, sku text, qty int';
const make = (key: string) =>
  oracleJob({
    schema: `CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE lines (${LINES}${key}); INSERT INTO orders VALUES (1);
      INSERT INTO lines (order_id, sku, qty) VALUES (1, 'a', 1), (1, 'a', 1), (1, 'b', 2)`,
    collections:
      'orders: { table: public.orders, embed: { lines: { many: public.lines, on: { order_id: id }, fields: [sku, qty] } } }',
    truth: {
      orders: `SELECT json_build_object('_id', oracle.i(o.id), 'lines', (SELECT json_agg(json_build_object('sku', sku, 'qty', oracle.i(qty)) ORDER BY no)
        FROM lines l WHERE l.order_id = o.id)) FROM orders o`,
    },
  });

test('a table without key is refused in continuous mode, with the SQL that gives it one', async () => {
  await using job = await make('');
  await expect(job.load()).rejects.toMatchObject({ exit: 4 });
  const blockers = (await job.commands.check()).filter(({ severity }) => severity === 'blocker');
  expect(blockers).toMatchObject([
    { object: expect.stringContaining('lines'), fix: expect.stringContaining('ALTER TABLE') },
  ]);
});

test('a row that is updated stays one element, also among equal ones', async () => {
  await using job = await make(', no serial PRIMARY KEY');
  await job.load();
  await job.isTrue();
  await job.after(
    'UPDATE lines SET qty = 7 WHERE no = 1',
    'UPDATE lines SET qty = 7 WHERE no = 2',
    'UPDATE lines SET sku = sku',
  );
});
