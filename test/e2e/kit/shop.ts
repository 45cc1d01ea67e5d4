import { expect } from '@jest/globals';
import type { Db, Document } from 'mongodb';
import type { TestMongo, TestPostgres } from '#testing';

/** A small shop in which every mechanism of the engine has something to do, and what its documents must be, said in SQL. */

export const SCHEMA = `
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE products (id int PRIMARY KEY, sku text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, status text, note text);
ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL;
CREATE TABLE order_lines (order_id int, line_no int, product_id int, qty int NOT NULL, PRIMARY KEY (order_id, line_no));
CREATE TABLE accounts (id int PRIMARY KEY, code text NOT NULL, v int NOT NULL);
INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 6) i;
INSERT INTO products SELECT i, 'sku ' || i FROM generate_series(1, 5) i;
INSERT INTO orders SELECT i, 1 + i % 6, CASE i % 5 WHEN 0 THEN 'draft' ELSE 'open' END, repeat('n', 3000) || i FROM generate_series(1, 40) i;
INSERT INTO order_lines SELECT o, l, 1 + (o + l) % 5, o * l FROM generate_series(1, 40) o, generate_series(1, 2) l;
INSERT INTO accounts SELECT i, 'code ' || i, i FROM generate_series(1, 10) i;
`;

export function jobText(job: string, database: string, more = ''): string {
  return `job: ${job}
source: { kind: postgres, uri: "\${PG}" }
target: { uri: "\${MONGO}", database: ${database} }
${more}collections:
  orders:
    table: public.orders
    fields: [customer_id, status, note]
    where: "columns.status !== 'draft'"
    embed:
      customer: { one: public.customers, on: { id: customer_id }, fields: [id, name] }
      lines:
        many: public.order_lines
        on: { order_id: id }
        sort: [line_no]
        fields: [line_no, product_id, qty]
        embed:
          product: { one: public.products, on: { id: product_id }, fields: [sku], flatten: true, prefix: product_ }
  customers:
    table: public.customers
    embed:
      orders: { many: public.orders, on: { customer_id: id }, value: id }
  accounts:
    table: public.accounts
    id: code
`;
}

const EXPECTED = {
  orders: `
SELECT o.id AS _id, o.customer_id, o.status, o.note,
  (SELECT json_build_object('id', c.id, 'name', c.name) FROM customers c WHERE c.id = o.customer_id) AS customer,
  coalesce((SELECT json_agg(json_build_object('line_no', l.line_no, 'product_id', l.product_id, 'qty', l.qty, 'product_sku', p.sku)
    ORDER BY l.line_no) FROM order_lines l LEFT JOIN products p ON p.id = l.product_id WHERE l.order_id = o.id), '[]') AS lines
FROM orders o WHERE o.status IS DISTINCT FROM 'draft' ORDER BY o.id`,
  customers: `
SELECT c.id AS _id, c.name, coalesce((SELECT json_agg(o.id ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id), '[]') AS orders
FROM customers c ORDER BY c.id`,
  accounts: `
SELECT a.code AS _id, a.id, a.v FROM accounts a
WHERE NOT EXISTS (SELECT FROM accounts b WHERE b.code = a.code AND b.id < a.id) ORDER BY a.code COLLATE "C"`,
};

/** Every document of every collection is what SQL says, and there is no other. */
export async function expectShop(postgres: Pick<TestPostgres, 'query'>, db: Db): Promise<void> {
  for (const [collection, sql] of Object.entries(EXPECTED)) {
    const expected = await postgres.query(sql);
    const found = await db.collection<Document>(collection).find().sort({ _id: 1 }).toArray();
    expect({ collection, documents: found }).toEqual({ collection, documents: expected });
  }
}

export async function isShop(postgres: Pick<TestPostgres, 'query'>, db: Db): Promise<boolean> {
  return expectShop(postgres, db).then(
    () => true,
    () => false,
  );
}

/**
 * One round of changes of every kind: rows that move between documents, change keys, come, go and come again, enter and
 * leave by their `where`, leave a large column unchanged, swap their `_id`s, change in many documents at once.
 */
export function changes(round: number): string {
  const n = 100 + round * 10;
  const from = 1 + (round % 6);
  const to = 1 + ((round + 1) % 6);
  return `
BEGIN;
INSERT INTO orders VALUES (${n}, ${from}, 'open', repeat('a', 3000) || ${n}), (${n + 1}, ${to}, 'draft', 'small');
INSERT INTO order_lines VALUES (${n}, 1, 1, ${round}), (${n}, 2, 2, ${round}), (${n + 1}, 1, 3, ${round});
COMMIT;
BEGIN;
UPDATE orders SET customer_id = ${to}, status = 'moved ${round}' WHERE customer_id = ${from} AND id <= 40;
UPDATE order_lines SET order_id = ${n + 1} WHERE order_id = ${n} AND line_no = 2;
COMMIT;
UPDATE customers SET name = 'name of round ${round}' WHERE id IN (${from}, ${to});
UPDATE products SET sku = sku || '.' WHERE id = ${1 + (round % 5)};
UPDATE orders SET status = CASE WHEN status = 'draft' THEN 'open' ELSE 'draft' END WHERE id IN (${1 + (round % 40)}, ${1 + ((round + 9) % 40)});
UPDATE orders SET id = ${n + 5} WHERE id = ${n};
UPDATE order_lines SET order_id = ${n + 5} WHERE order_id = ${n};
DELETE FROM order_lines WHERE order_id = ${1 + ((round * 3) % 40)} AND line_no = 1;
DELETE FROM orders WHERE id = ${n - 5};
BEGIN;
DELETE FROM accounts WHERE id = 9;
INSERT INTO accounts VALUES (9, 'code of round ${round}', ${round});
UPDATE accounts SET code = CASE id WHEN 1 THEN (SELECT code FROM accounts WHERE id = 2) ELSE (SELECT code FROM accounts WHERE id = 1) END, v = v + 1 WHERE id IN (1, 2);
COMMIT;
`;
}

export interface Shop {
  postgres: TestPostgres;
  mongo: TestMongo;
  /** For the job file. */
  env: Record<string, string>;
}

/** Small partitions: few transactions, and all of them used. */
export function envOf(postgres: { uri: string }, mongo: { uri: string }): Record<string, string> {
  return {
    PG: postgres.uri,
    MONGO: mongo.uri,
    MILLRACE_ROWS_PARTITIONS: '2',
    MILLRACE_TOUCHES_PARTITIONS: '2',
  };
}
