import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BSON, EJSON } from 'bson';
import { previewDocuments } from './preview.js';
import { type Shop, shop } from './testing/shop.js';

let context: Shop;

const SQL = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE products (sku varchar(20) PRIMARY KEY, title text);
  CREATE TABLE orders (id numeric(10,2) PRIMARY KEY, customer_id bigint, status text NOT NULL, total numeric(10,2));
  CREATE TABLE lines (order_id int, line_no int, sku char(20), qty int, PRIMARY KEY (order_id, line_no));
  CREATE TABLE tags (order_id numeric, tag text, PRIMARY KEY (order_id, tag));
  INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 5) g;
  INSERT INTO products SELECT 'p' || g, 'Product ' || g FROM generate_series(1, 3) g;
  INSERT INTO orders SELECT g, CASE WHEN g % 7 = 0 THEN NULL ELSE g % 6 END, CASE WHEN g % 10 = 9 THEN 'draft' ELSE 'open' END, g * 1.5
    FROM generate_series(1, 2500) g;
  INSERT INTO orders VALUES (0.50, 3000000000, 'open', NULL);
  INSERT INTO lines SELECT o, n, 'p' || n, o + n FROM generate_series(1, 2500) o, generate_series(1, o % 3) n;
  INSERT INTO tags SELECT o, t FROM generate_series(1, 2500, 50) o, unnest(ARRAY['b', 'a', E'odd\\t\\\\']) t;
`;

const COLLECTIONS = `
  orders:
    table: public.orders
    id: id
    where: "columns.status !== 'draft'"
    fields: { omit: [customer_id], computed: { label: "columns.status + ':' + columns.total" } }
    embed:
      customer: { one: public.customers, on: { id: customer_id } }
      lines:
        many: public.lines
        on: { order_id: id }
        sort: [-line_no]
        fields: { omit: [order_id, sku] }
        embed:
          product: { one: public.products, on: { sku: sku }, flatten: true, prefix: product_ }
      tags: { many: public.tags, on: { order_id: id }, value: tag }
`;

beforeAll(async () => {
  context = await shop(SQL, COLLECTIONS);
});

afterAll(async () => {
  await context?.[Symbol.asyncDispose]();
});

async function preview(limit: number): Promise<Map<string, unknown>> {
  const documents = new Map<string, unknown>();
  for await (const one of previewDocuments(context.deps, { limit })) {
    if (one.kind !== 'document') throw new Error(one.message);
    const plain = BSON.deserialize(BSON.serialize(one.document), { promoteValues: false });
    documents.set(String(plain['_id']), EJSON.serialize(plain, { relaxed: true }));
  }
  return documents;
}

describe('documents read from the source', () => {
  test('have what the joins lead to across types of one family, sorted, filtered and computed', async () => {
    const documents = await preview(10_000);
    expect(documents.size).toBe(2_501 - 250);
    expect(documents.get('0.50')).toEqual({
      _id: { $numberDecimal: '0.50' },
      status: 'open',
      total: null,
      label: 'open:null',
      customer: null,
      lines: [],
      tags: [],
    });
    expect(documents.get('51.00')).toEqual({
      _id: { $numberDecimal: '51.00' },
      status: 'open',
      total: { $numberDecimal: '76.50' },
      label: 'open:76.50',
      customer: { id: 3, name: 'customer 3' },
      lines: [],
      tags: ['a', 'b', 'odd\t\\'],
    });
    expect(documents.get('2.00')).toMatchObject({
      lines: [
        { line_no: 2, qty: 4, product_title: 'Product 2' },
        { line_no: 1, qty: 3, product_title: 'Product 1' },
      ],
    });
    expect(documents.has('9.00')).toBe(false);
  });

  test('are as many as asked for, drafts not counted', async () => {
    expect([...(await preview(9)).keys()]).toEqual([
      '0.50',
      '1.00',
      '2.00',
      '3.00',
      '4.00',
      '5.00',
      '6.00',
      '7.00',
      '8.00',
    ]);
  });
});
