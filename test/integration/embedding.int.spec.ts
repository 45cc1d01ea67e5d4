import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { type OracleJob, oracleJob, SIZES } from '../oracle/index.js';

/** A tree of four levels with a look-up, under load and under every kind of change, whatever the sizes. */

const SCHEMA = `
CREATE TABLE customers (id int PRIMARY KEY, name text, vip bool);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers ON DELETE SET NULL, total numeric(10,2), note text);
CREATE TABLE lines (order_id int REFERENCES orders ON DELETE CASCADE, no int, sku text, qty bigint, PRIMARY KEY (order_id, no));
CREATE TABLE serials (id int PRIMARY KEY, order_id int, line_no int, serial text,
  FOREIGN KEY (order_id, line_no) REFERENCES lines ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE marks (id int PRIMARY KEY, serial_id int, mark text);
INSERT INTO customers SELECT i, 'c' || i, i % 2 = 0 FROM generate_series(1, 5) i;
INSERT INTO orders SELECT i, nullif(i % 6, 0), i * 1.10, CASE WHEN i % 3 = 0 THEN NULL ELSE 'n' || i END FROM generate_series(1, 14) i;
INSERT INTO lines SELECT o, n, 'sku' || n, o * 10 + n FROM generate_series(1, 14) o, generate_series(1, 3) n WHERE o % 4 <> 0;
INSERT INTO serials SELECT o * 10 + n, o, n, 's' || o || n FROM generate_series(1, 14) o, generate_series(1, 2) n WHERE o % 4 <> 0;
INSERT INTO marks SELECT i, 10 + i % 40, 'm' || i FROM generate_series(1, 60) i;
`;

const COLLECTIONS = `
orders:
  table: public.orders
  fields: { omit: [customer_id] }
  embed:
    customer: { one: public.customers, fields: [name, vip], on: { id: customer_id } }
    lines:
      many: public.lines
      fields: { omit: [order_id] }
      embed:
        serials:
          many: public.serials
          fields: [id, serial]
          embed:
            marks: { many: public.marks, on: { serial_id: id }, fields: [mark], sort: [-mark] }
marks:
  table: public.marks
  embed:
    serial:
      one: public.serials
      on: { id: serial_id }
      fields: [serial]
      embed:
        line:
          one: public.lines
          on: { order_id: order_id, no: line_no }
          fields: [sku]
          embed:
            order:
              one: public.orders
              fields: [total]
              embed: { customer: { one: public.customers, fields: [name] } }
`;

const TRUTH = {
  orders: `SELECT json_build_object('_id', oracle.i(o.id), 'total', oracle.d(o.total), 'note', o.note,
    'customer', (SELECT json_build_object('name', c.name, 'vip', c.vip) FROM customers c WHERE c.id = o.customer_id),
    'lines', oracle.items((SELECT json_agg(json_build_object('no', oracle.i(l.no), 'sku', l.sku, 'qty', oracle.l(l.qty),
      'serials', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(s.id), 'serial', s.serial,
        'marks', oracle.items((SELECT json_agg(json_build_object('mark', m.mark) ORDER BY m.mark COLLATE "C" DESC NULLS LAST, m.id)
          FROM marks m WHERE m.serial_id = s.id))) ORDER BY s.id)
        FROM serials s WHERE s.order_id = l.order_id AND s.line_no = l.no))) ORDER BY l.no)
      FROM lines l WHERE l.order_id = o.id))) FROM orders o`,
  marks: `SELECT json_build_object('_id', oracle.i(m.id), 'serial_id', oracle.i(m.serial_id), 'mark', m.mark,
    'serial', (SELECT json_build_object('serial', s.serial, 'line',
      (SELECT json_build_object('sku', l.sku, 'order', (SELECT json_build_object('total', oracle.d(o.total), 'customer',
        (SELECT json_build_object('name', c.name) FROM customers c WHERE c.id = o.customer_id)) FROM orders o WHERE o.id = l.order_id))
        FROM lines l WHERE l.order_id = s.order_id AND l.no = s.line_no)) FROM serials s WHERE s.id = m.serial_id)) FROM marks m`,
};

describe.each(Object.entries(SIZES))('a tree of four levels, with sizes that are %s,', (_name, tuning) => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({ schema: SCHEMA, collections: COLLECTIONS, truth: TRUTH, tuning });
  });
  afterAll(async () => job?.[Symbol.asyncDispose]());

  test('is whole after the load', async () => {
    await job.load();
    await job.isTrue();
  });

  test.each<[string, ...string[]]>([
    [
      'a row at each level is inserted',
      `INSERT INTO orders VALUES (20, 2, 3.50, 'new'); INSERT INTO lines VALUES (20, 1, 'x', 7);
      INSERT INTO serials VALUES (900, 20, 1, 'deep'); INSERT INTO marks VALUES (900, 900, 'mm')`,
    ],
    [
      'children come before their parents',
      `INSERT INTO marks VALUES (901, 950, 'early')`,
      `INSERT INTO serials VALUES (950, 1, 1, 'late')`,
    ],
    [
      'a row at each level is updated',
      `UPDATE orders SET total = 9.99, note = NULL WHERE id = 1; UPDATE lines SET qty = -1 WHERE order_id = 1;
      UPDATE serials SET serial = 'changed' WHERE id IN (11, 12); UPDATE marks SET mark = NULL WHERE id < 5`,
    ],
    ['a look-up changes', `UPDATE customers SET name = 'renamed', vip = NULL WHERE id IN (1, 2)`],
    ['a row is pointed to another look-up', `UPDATE orders SET customer_id = 5 WHERE id IN (1, 2, 3)`],
    [
      'a foreign key becomes null',
      `UPDATE orders SET customer_id = NULL WHERE id = 5; UPDATE marks SET serial_id = NULL WHERE id = 7`,
    ],
    [
      'a foreign key is set again',
      `UPDATE orders SET customer_id = 1 WHERE id = 5; UPDATE marks SET serial_id = 21 WHERE id = 7`,
    ],
    ['leaves move between parents', `UPDATE marks SET serial_id = 11 WHERE serial_id = 21`],
    ['a middle node moves with its subtree', `UPDATE serials SET order_id = 2, line_no = 2 WHERE id = 11`],
    [
      'a middle node and what hangs on it change at once',
      `BEGIN; UPDATE marks SET mark = mark || '!' WHERE serial_id = 11;
      UPDATE serials SET order_id = 3, line_no = 1 WHERE id = 11; INSERT INTO marks VALUES (910, 11, 'z'); COMMIT`,
    ],
    [
      'a row moves while others are inserted beside it, where it was and where it comes to be',
      `INSERT INTO serials VALUES (30001, 3, 1, 'beside')`,
      `UPDATE serials SET order_id = 5, line_no = 1 WHERE id = 11`,
      `INSERT INTO serials VALUES (30002, 5, 1, 'beside'), (30003, 3, 1, 'beside, too')`,
    ],
    [
      'a row moves twice in one transaction',
      `BEGIN; UPDATE serials SET order_id = 5, line_no = 1 WHERE id = 11;
      UPDATE serials SET order_id = 6, line_no = 2 WHERE id = 11; COMMIT`,
    ],
    ['the key of a middle node changes', `UPDATE lines SET no = 9 WHERE order_id = 6 AND no = 2`],
    [
      'keys are exchanged',
      `BEGIN; UPDATE lines SET no = 99 WHERE order_id = 3 AND no = 1; UPDATE lines SET no = 1 WHERE order_id = 3 AND no = 2;
      UPDATE lines SET no = 2 WHERE order_id = 3 AND no = 99; COMMIT`,
    ],
    ['the key of a leaf changes', `UPDATE marks SET id = id + 5000 WHERE id BETWEEN 10 AND 20`],
    [
      'a parent is created after its children',
      `INSERT INTO marks VALUES (920, 30000, 'waits')`,
      `INSERT INTO serials VALUES (30000, 7, 3, 'came')`,
    ],
    ['a parent goes with all below it', `DELETE FROM orders WHERE id = 7`],
    ['a parent goes and its children stay', `DELETE FROM customers WHERE id = 5; DELETE FROM serials WHERE id = 22`],
    [
      'a deleted row comes back',
      `DELETE FROM lines WHERE order_id = 9`,
      `INSERT INTO lines VALUES (9, 1, 'again', 1), (9, 3, 'again', 3)`,
    ],
    [
      'a row is deleted and inserted in one transaction',
      `BEGIN; DELETE FROM orders WHERE id = 10; INSERT INTO orders VALUES (10, 1, 10, 'again'); COMMIT`,
    ],
    [
      'changes are rolled back',
      `BEGIN; DELETE FROM orders; SAVEPOINT a; ROLLBACK TO a; ROLLBACK`,
      `BEGIN; SAVEPOINT a; DELETE FROM lines; ROLLBACK TO a; UPDATE orders SET note = 'kept' WHERE id = 11; COMMIT`,
    ],
    ['a leaf table is truncated', 'TRUNCATE marks'],
    [
      'rows follow a TRUNCATE in one transaction',
      `INSERT INTO marks VALUES (1, 12, 'a')`,
      `BEGIN; INSERT INTO marks VALUES (2, 12, 'b'); TRUNCATE marks;
      INSERT INTO marks VALUES (1, 31, 'c'), (3, 31, NULL); COMMIT`,
    ],
    ['a TRUNCATE cascades', 'TRUNCATE orders CASCADE'],
    [
      'everything starts again',
      `INSERT INTO orders VALUES (1, 1, 1, 'one'); INSERT INTO lines VALUES (1, 1, 'a', 1);
      INSERT INTO serials VALUES (31, 1, 1, 's')`,
    ],
  ])('is right when %s', async (_title, ...sql) => {
    await job.after(...sql);
  });
});
