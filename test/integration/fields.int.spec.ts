import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OracleJob, oracleJob, SIZES } from '../oracle/index.js';

/** `fields`, `where`, `nulls` and `fieldNames`, at roots and in embeds. */

const SCHEMA = `
CREATE TABLE shops (shop_id int PRIMARY KEY, shop_name text, opened_at timestamptz, rating double precision, revenue numeric(12,2), visits bigint,
  is_open bool, tags text[], extra jsonb, "HTTPPort2" smallint);
CREATE TABLE staff_members (staff_id int PRIMARY KEY, shop_id int REFERENCES shops, first_name text, hired date, active bool, salary numeric(8,2));
INSERT INTO shops SELECT i, CASE WHEN i % 5 = 0 THEN NULL ELSE 'shop ' || i END, '2020-01-01Z'::timestamptz + i * '31 days 00:00:01.123456'::interval,
  i / 4.0, i * 100.10, i * 10000000000, i % 2 = 0, CASE WHEN i % 3 = 0 THEN NULL ELSE ARRAY['t' || i, NULL] END,
  CASE WHEN i % 4 = 0 THEN 'null' ELSE jsonb_build_object('n', i) END, i FROM generate_series(1, 12) i;
INSERT INTO staff_members SELECT i, i % 13 + 1, 'f' || i, '2021-02-03'::date + i, i % 3 <> 0, i FROM generate_series(1, 12) i;
INSERT INTO staff_members VALUES (100, NULL, NULL, NULL, NULL, NULL);
`.replace('i % 13 + 1', 'i % 12 + 1');

const COLLECTIONS = `
picked: { table: public.shops, fields: [rating, shop_name] }
omitted: { table: public.shops, fields: { omit: [extra, tags, opened_at, revenue, visits] }, nulls: omit }
shaped:
  table: public.shops
  fields:
    only: [shop_name, visits, revenue, rating]
    rename: { shop_name: "The Name" }
    types: { visits: string, revenue: double, rating: decimal, twice: int, big: string }
    computed:
      year: "columns.opened_at.getUTCFullYear()"
      twice: "columns.rating * 8"
      big: "columns.visits + 1n"
      none: "columns.shop_name === null ? undefined : columns.shop_name.length"
      list: "[columns.shop_id, columns.is_open, null]"
open:
  table: public.shops
  where: "columns.is_open && columns.rating >= 0.5"
  fields: [shop_name]
  embed:
    staff:
      many: public.staff_members
      where: "columns.active"
      nulls: omit
      fields: { only: [first_name, hired], computed: { label: "columns.salary + '!'" } }
members:
  table: public.staff_members
  fields: { omit: [shop_id] }
  embed:
    shop: { one: public.shops, where: "columns.is_open", fields: [shop_id, shop_name] }
`;

const TRUTH = {
  picked: `SELECT json_build_object('_id', oracle.i(shop_id), 'shopName', shop_name, 'rating', oracle.f(rating)) FROM shops`,
  omitted: `SELECT oracle.omit(json_build_object('_id', oracle.i(shop_id), 'shopName', shop_name, 'rating', oracle.f(rating), 'isOpen', is_open,
    'httpPort2', oracle.i("HTTPPort2"))) FROM shops`,
  shaped: `SELECT json_build_object('_id', oracle.i(shop_id), 'The Name', shop_name, 'rating', oracle.d(rating::text::numeric),
    'revenue', oracle.f(revenue), 'visits', visits::text, 'year', oracle.f(extract(year FROM opened_at AT TIME ZONE 'UTC')),
    'twice', oracle.i((coalesce(rating, 0) * 8)::int), 'big', (visits + 1)::text, 'none', oracle.f(length(shop_name)),
    'list', json_build_array(oracle.f(shop_id), is_open, NULL)) FROM shops`,
  open: `SELECT json_build_object('_id', oracle.i(shop_id), 'shopName', shop_name, 'staff', oracle.items((SELECT json_agg(
    oracle.omit(json_build_object('firstName', first_name, 'hired', oracle.t(hired), 'label', salary || '!')) ORDER BY staff_id)
    FROM staff_members m WHERE m.shop_id = s.shop_id AND active))) FROM shops s WHERE is_open AND rating >= 0.5`,
  members: `SELECT json_build_object('_id', oracle.i(staff_id), 'firstName', first_name, 'hired', oracle.t(hired), 'active', active,
    'salary', oracle.d(salary), 'shop', (SELECT json_build_object('shopId', oracle.i(shop_id), 'shopName', shop_name) FROM shops s
      WHERE s.shop_id = m.shop_id AND is_open)) FROM staff_members m`,
};

describe.each(Object.entries(SIZES))('fields, with sizes that are %s,', (_name, tuning) => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({
      schema: SCHEMA,
      collections: COLLECTIONS,
      truth: TRUTH,
      tuning,
      more: 'defaults: { fieldNames: camelCase }',
    });
  });
  afterAll(async () => job?.[Symbol.asyncDispose]());

  test('are as the mapping says after the load', async () => {
    await job.load();
    await job.isTrue();
  });

  test.each<[string, ...string[]]>([
    ['columns change', `UPDATE shops SET rating = 2.25, visits = -9007199254740993, revenue = 0.10 WHERE shop_id < 5`],
    [
      'columns become null',
      `UPDATE shops SET shop_name = NULL, rating = NULL, visits = 0, is_open = NULL WHERE shop_id IN (2, 3)`,
    ],
    ['columns are set again', `UPDATE shops SET shop_name = '', rating = 1, is_open = true WHERE shop_id IN (2, 3)`],
    ['rows stop and start to match', `UPDATE shops SET is_open = NOT is_open`],
    [
      'a row stops and starts to match in one transaction',
      `BEGIN; UPDATE shops SET is_open = false WHERE shop_id = 1; UPDATE shops SET is_open = true WHERE shop_id = 1; COMMIT`,
    ],
    ['embedded rows stop and start to match', `UPDATE staff_members SET active = NOT active`],
    [
      'a column changes that only an expression reads',
      `UPDATE staff_members SET salary = salary * 2; UPDATE shops SET opened_at = opened_at - '3 years'::interval`,
    ],
    [
      'rows are inserted that match and that do not',
      `INSERT INTO shops (shop_id, opened_at, rating, is_open, visits) VALUES (50, '2000-01-01Z', 4, true, 1), (51, '1999-12-31 23:59:59.999Z', 0, true, 2);
      INSERT INTO staff_members VALUES (60, 50, 'x', '1960-01-01', true, 0), (61, 50, 'y', NULL, false, 1)`,
    ],
    ['a row moves to a root that does not match', `UPDATE staff_members SET shop_id = 51 WHERE staff_id = 60`],
    [
      'roots go that matched and that did not',
      `UPDATE staff_members SET shop_id = NULL; DELETE FROM shops WHERE shop_id IN (1, 2, 50, 51)`,
    ],
  ])('are right when %s', async (_title, ...sql) => {
    await job.after(...sql);
    expect(await job.letters()).toEqual([]);
  });

  test('that an expression cannot make are dead letters, and the document keeps its last good version', async () => {
    const before = (await job.documents('shaped')).find((document) => document.startsWith('{"_id":{"$numberInt":"7"}'));
    await job.pg.exec(`UPDATE shops SET opened_at = NULL WHERE shop_id = 7`);
    expect(await job.letters()).toMatchObject([
      { collection: 'shaped', key: { shop_id: '7' }, code: 'EXPRESSION_FAILED' },
    ]);
    expect(await job.documents('shaped')).toContain(before);
    await job.after(`UPDATE shops SET opened_at = '2001-01-01Z' WHERE shop_id = 7`);
    expect(await job.letters()).toEqual([]);
  });

  test('whose override cannot hold a value are dead letters until it fits', async () => {
    await job.pg.exec(`UPDATE shops SET rating = 0.3 WHERE shop_id = 8`);
    expect(await job.letters()).toMatchObject([{ collection: 'shaped', key: { shop_id: '8' } }]);
    await job.after(`UPDATE shops SET rating = 0.5 WHERE shop_id = 8`);
    expect(await job.letters()).toEqual([]);
  });
});

describe.each([
  ['asIs', ['_id', 'user_name', 'HTTPServer2', '_private', 'çà et là']],
  ['camelCase', ['_id', 'userName', 'httpServer2', '_private', 'çàEtLà']],
  ['snake_case', ['_id', 'user_name', 'http_server2', '_private', 'çà_et_là']],
  ['PascalCase', ['_id', 'UserName', 'HttpServer2', '_Private', 'ÇàEtLà']],
])('fieldNames: %s', (style, names) => {
  test('names the fields of every document, but for renamed ones, inside _id too', async () => {
    await using job = await oracleJob({
      schema: `CREATE TABLE t (key_a int, key_b int, user_name text, "HTTPServer2" text, _private text, "çà et là" text, PRIMARY KEY (key_a, key_b));
        INSERT INTO t VALUES (1, 2, 'a', 'b', 'c', 'd')`,
      collections: 't: { table: public.t, fields: { rename: { key_b: other_Name } } }',
      more: `mode: snapshot\ndefaults: { fieldNames: ${style} }`,
    });
    await job.load();
    const [document] = await job.mongo.db.collection('t').find().toArray();
    expect(Object.keys(document ?? {})).toEqual(names);
    expect(Object.keys(document?.['_id'] as unknown as object)[1]).toBe('other_Name');
  });
});
