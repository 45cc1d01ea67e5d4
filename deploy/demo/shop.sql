-- The shop of the demo: run once by the PostgreSQL of docker-compose.yml. The same rows each time.
CREATE TABLE customers (
  id integer PRIMARY KEY,
  name text NOT NULL,
  email text,
  city text NOT NULL
);

CREATE TABLE products (
  id integer PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  name text NOT NULL,
  price numeric(10, 2) NOT NULL
);

CREATE TABLE orders (
  id bigint PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customers,
  status text NOT NULL,
  placed_at timestamptz NOT NULL,
  total numeric(12, 2) NOT NULL,
  internal_note text
);

CREATE TABLE order_lines (
  order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
  line_no integer NOT NULL,
  product_id integer NOT NULL REFERENCES products,
  quantity integer NOT NULL,
  price numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, line_no)
);

CREATE INDEX ON orders (customer_id);
CREATE INDEX ON order_lines (product_id);

INSERT INTO customers
SELECT n, 'Customer ' || n, CASE WHEN n % 9 > 0 THEN 'customer' || n || '@example.com' END,
  (ARRAY['Bern', 'Turin', 'Lyon', 'Graz', 'Ghent'])[1 + n / 7 % 5]
FROM generate_series(1, 2000) AS n;

INSERT INTO products
SELECT n, 'SKU-' || lpad(n::text, 4, '0'), 'Product ' || n, round(0.95 + n * 7 % 500 / 4.0, 2)
FROM generate_series(1, 300) AS n;

INSERT INTO orders
SELECT n, 1 + n * 31 % 2000, (ARRAY['draft', 'paid', 'shipped', 'shipped', 'returned'])[1 + n % 5],
  timestamptz '2026-01-01 08:00:00+00' + n * interval '7 minutes', 0,
  CASE WHEN n % 11 = 0 THEN 'asked for a gift wrap' END
FROM generate_series(1, 20000) AS n;

INSERT INTO order_lines
SELECT o.id, l, p.id, 1 + (o.id + l) % 4, p.price
FROM orders AS o
CROSS JOIN LATERAL generate_series(1, 1 + (o.id % 5)::integer) AS l
JOIN products AS p ON p.id = 1 + (o.id * 13 + l * 29) % 300;

UPDATE orders AS o
SET total = (SELECT sum(quantity * price) FROM order_lines WHERE order_id = o.id);
