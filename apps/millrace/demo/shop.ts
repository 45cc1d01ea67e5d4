import { openSqlSession, type SqlSession } from '#servers';

/** The demo's source: a small shop as any application might have it. */
const SCHEMA = `
CREATE SCHEMA shop;
CREATE TABLE shop.customers (
  id int PRIMARY KEY, name text NOT NULL, city text, email text NOT NULL, since date NOT NULL);
CREATE TABLE shop.products (
  id int PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, price numeric(10,2) NOT NULL);
CREATE TABLE shop.orders (
  id int PRIMARY KEY, customer_id int NOT NULL REFERENCES shop.customers, status text NOT NULL,
  placed_at timestamptz NOT NULL, total numeric(12,2) NOT NULL, internal_note text);
CREATE INDEX ON shop.orders (customer_id);
CREATE TABLE shop.order_lines (
  order_id int NOT NULL REFERENCES shop.orders ON UPDATE CASCADE ON DELETE CASCADE, line_no int NOT NULL,
  product_id int NOT NULL REFERENCES shop.products, quantity int NOT NULL, price numeric(10,2) NOT NULL,
  PRIMARY KEY (order_id, line_no));
CREATE TABLE shop.order_tags (
  order_id int NOT NULL REFERENCES shop.orders ON UPDATE CASCADE ON DELETE CASCADE, tag text NOT NULL,
  PRIMARY KEY (order_id, tag));
`;

/** The same rows every time: everything follows from the numbers. */
const ROWS = `
INSERT INTO shop.customers SELECT i,
  (ARRAY['Ada','Grace','Linus','Edsger','Barbara','Donald','Radia','Alan'])[1 + i % 8] || ' ' ||
  (ARRAY['Berg','Costa','Dubois','Eriksen','Fischer','Garcia','Haas'])[1 + i * 3 % 7],
  CASE WHEN i % 11 = 0 THEN NULL ELSE (ARRAY['Bern','Lyon','Porto','Graz','Turin'])[1 + i % 5] END,
  'customer' || i || '@shop.example', date '2019-01-01' + i
  FROM generate_series(1, 1500) i;
INSERT INTO shop.products SELECT i, 'SKU-' || lpad(i::text, 4, '0'),
  (ARRAY['Kettle','Lamp','Chair','Desk','Clock','Mug','Shelf','Radio'])[1 + i % 8] || ' ' || i, 5 + i * 37 % 400 + 0.95
  FROM generate_series(1, 200) i;
INSERT INTO shop.orders SELECT i, 1 + i * 7 % 1500, (ARRAY['new','paid','shipped','returned'])[1 + i % 4],
  timestamptz '2024-01-01 08:00:00+00' + i * interval '97 minutes', 0,
  CASE WHEN i % 9 = 0 THEN 'call back before shipping' END
  FROM generate_series(1, 3000) i;
INSERT INTO shop.order_lines SELECT o, l, 1 + (o * 13 + l * 29) % 200, 1 + (o + l) % 4, 5 + (1 + (o * 13 + l * 29) % 200) * 37 % 400 + 0.95
  FROM generate_series(1, 3000) o, generate_series(1, 1 + o % 5) l;
INSERT INTO shop.order_tags SELECT o, t FROM generate_series(1, 3000) o, unnest(ARRAY['gift','express','web']) t
  WHERE (o + length(t)) % 3 = 0;
UPDATE shop.orders o SET total = (SELECT sum(quantity * price) FROM shop.order_lines l WHERE l.order_id = o.id);
ANALYZE;
`;

export interface SourceRows {
  table: string;
  rows: Record<string, unknown>[];
}

/** The shop's own application: it knows nothing of Millrace. */
export class Shop {
  private constructor(private readonly session: SqlSession) {}

  static async open(uri: string): Promise<Shop> {
    const session = await openSqlSession(uri);
    await session.query(SCHEMA);
    await session.query(ROWS);
    return new Shop(session);
  }

  async change(sql: string): Promise<void> {
    await this.session.query(sql);
  }

  async counts(): Promise<{ table: string; rows: number }[]> {
    const tables = ['customers', 'products', 'orders', 'order_lines', 'order_tags'];
    const counts = await this.session.query(
      tables.map((name) => `SELECT '${name}' AS name, count(*)::int AS rows FROM shop.${name}`).join(' UNION ALL '),
    );
    return counts.map(({ name, rows }) => ({ table: `shop.${String(name)}`, rows: Number(rows) }));
  }

  /** Every row that the document of this order is made of, as text. */
  async rowsOf(order: number): Promise<SourceRows[]> {
    const parts: [string, string][] = [
      [
        'orders',
        `SELECT id, customer_id, status, to_char(placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS placed_at, total FROM shop.orders WHERE id = ${order}`,
      ],
      [
        'customers',
        `SELECT c.id, c.name, c.city FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id WHERE o.id = ${order}`,
      ],
      [
        'order_lines',
        `SELECT order_id, line_no, product_id, quantity, price FROM shop.order_lines WHERE order_id = ${order} ORDER BY line_no`,
      ],
      [
        'products',
        `SELECT p.id, p.sku, p.name FROM shop.products p WHERE p.id IN (SELECT product_id FROM shop.order_lines WHERE order_id = ${order}) ORDER BY p.id`,
      ],
      ['order_tags', `SELECT order_id, tag FROM shop.order_tags WHERE order_id = ${order} ORDER BY tag`],
    ];
    const found: SourceRows[] = [];
    for (const [table, sql] of parts) found.push({ table: `shop.${table}`, rows: await this.session.query(sql) });
    return found;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
