import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OracleJob, oracleJob, SIZES } from '../oracle/index.js';

/** Every form of `id`, and who owns an `_id` that several rows claim. */

const SCHEMA = `
CREATE TABLE items (region text, no int, code text NOT NULL, price numeric(8,2), PRIMARY KEY (region, no));
INSERT INTO items SELECT r, n, r || n, n * 1.5 FROM unnest('{eu,us}'::text[]) r, generate_series(1, 4) n;
`;
const COLLECTIONS = `
by_key: { table: public.items }
by_column: { table: public.items, id: code }
by_list: { table: public.items, id: [no, region], fields: { rename: { no: number, region: where } } }
with_fields: { table: public.items, id: code, fields: [code, price] }
by_object_id: { table: public.items, id: { objectId: true } }
by_expression: { table: public.items, id: { computed: "columns.region + '/' + columns.no" } }
`;
const TRUTH = {
  by_key: `SELECT json_build_object('_id', json_build_object('region', region, 'no', oracle.i(no)), 'code', code, 'price', oracle.d(price)) FROM items`,
  by_column: `SELECT json_build_object('_id', code, 'region', region, 'no', oracle.i(no), 'price', oracle.d(price)) FROM items`,
  by_list: `SELECT json_build_object('_id', json_build_object('number', oracle.i(no), 'where', region), 'code', code, 'price', oracle.d(price)) FROM items`,
  with_fields: `SELECT json_build_object('_id', code, 'code', code, 'price', oracle.d(price)) FROM items`,
  by_expression: `SELECT json_build_object('_id', region || '/' || no, 'region', region, 'no', oracle.i(no), 'code', code, 'price', oracle.d(price)) FROM items`,
};

describe.each(Object.entries(SIZES))('an _id, with sizes that are %s,', (_name, tuning) => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({ schema: SCHEMA, collections: COLLECTIONS, truth: TRUTH, tuning });
  });
  afterAll(async () => job?.[Symbol.asyncDispose]());

  test('is made as the mapping says by the load', async () => {
    await job.load();
    await job.isTrue();
  });

  test.each<[string, ...string[]]>([
    ['rows come and go', `DELETE FROM items WHERE no = 4; INSERT INTO items VALUES ('as', 1, 'as1', NULL)`],
    ['another column changes', `UPDATE items SET price = price + 1`],
    ['the column that it is made of changes', `UPDATE items SET code = 'x' || code WHERE region = 'eu'`],
    ['the key changes', `UPDATE items SET no = no + 100 WHERE region = 'us'`],
    [
      'the key changes in one transaction to what another row had',
      `BEGIN; UPDATE items SET no = -1 WHERE region = 'eu' AND no = 1;
      UPDATE items SET no = 1 WHERE region = 'eu' AND no = 2; UPDATE items SET no = 2 WHERE region = 'eu' AND no = -1; COMMIT`,
    ],
    [
      'two rows exchange it',
      `BEGIN; UPDATE items SET code = 'tmp' WHERE code = 'xeu1'; UPDATE items SET code = 'xeu1' WHERE code = 'xeu3';
      UPDATE items SET code = 'xeu3' WHERE code = 'tmp'; COMMIT`,
    ],
    [
      'it goes round',
      `BEGIN; UPDATE items SET code = CASE code WHEN 'us1' THEN 'us2' WHEN 'us2' THEN 'us3' WHEN 'us3' THEN 'us1' ELSE code END; COMMIT`,
    ],
    [
      'a deleted row leaves it to a new one',
      `BEGIN; DELETE FROM items WHERE code = 'us1'; INSERT INTO items VALUES ('zz', 9, 'us1', 1); COMMIT`,
    ],
    [
      'a row leaves it to a new one',
      `BEGIN; UPDATE items SET code = 'free' WHERE code = 'us2'; INSERT INTO items VALUES ('aa', 0, 'us2', 1); COMMIT`,
    ],
    ['all rows are truncated', `TRUNCATE items`, `INSERT INTO items VALUES ('eu', 1, 'eu2', 1), ('eu', 2, 'eu1', 1)`],
  ])('is right when %s', async (_title, ...sql) => {
    await job.after(...sql);
  });

  test('that is an ObjectId is the same for the same key, and no field is left out for it', async () => {
    const before = await job.documents('by_object_id');
    await job.after(`DELETE FROM items`, `INSERT INTO items VALUES ('eu', 1, 'eu2', 1), ('eu', 2, 'eu1', 1)`);
    expect(await job.documents('by_object_id')).toEqual(before);
    expect(before).toHaveLength(2);
    const fields =
      /^\{"_id":\{"\$oid":"[0-9a-f]{24}"\},"region":"eu","no":\{"\$numberInt":"[12]"\},"code":"eu[12]","price":/;
    for (const document of before) expect(document).toMatch(fields);
  });
});

describe('an _id that several rows claim', () => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({
      schema: `CREATE TABLE people (id int PRIMARY KEY, email text, name text);
        INSERT INTO people VALUES (1, 'a', 'one'), (2, 'b', 'two'), (3, 'a', 'three'), (4, 'a', 'four'), (10, 'c', 'ten'), (9, 'c', 'nine')`,
      collections: `people: { table: public.people, id: email }`,
      truth: {
        people: `SELECT DISTINCT ON (email) json_build_object('_id', email, 'id', oracle.i(id), 'name', name)
          FROM people WHERE email IS NOT NULL ORDER BY email, id`,
      },
      tuning: SIZES.odd,
    });
    await job.load();
  });
  afterAll(async () => job?.[Symbol.asyncDispose]());

  const waiting = async () =>
    (await job.letters())
      .map(({ key, code }) => `${key['id']} ${code}`)
      .sort((a, b) => parseInt(a, 10) - parseInt(b, 10));

  test('is of the row with the lowest key, as a number; the others are dead letters', async () => {
    await job.isTrue();
    expect(await waiting()).toEqual(['3 ID_TAKEN', '4 ID_TAKEN', '10 ID_TAKEN']);
  });

  test('goes to the next one when its owner goes', async () => {
    await job.after('DELETE FROM people WHERE id = 1');
    expect(await waiting()).toEqual(['4 ID_TAKEN', '10 ID_TAKEN']);
  });

  test('goes to the next one when its owner takes another', async () => {
    await job.after(`UPDATE people SET email = 'd' WHERE id IN (3, 9)`);
    expect(await waiting()).toEqual(['9 ID_TAKEN']);
  });

  test('is taken over by a lower key, whenever it comes', async () => {
    await job.after(`INSERT INTO people VALUES (0, 'b', 'zero')`);
    expect(await waiting()).toEqual(['2 ID_TAKEN', '9 ID_TAKEN']);
  });

  test('is no claim where it is null', async () => {
    await job.after(`UPDATE people SET email = NULL WHERE id IN (0, 3)`);
    expect(await waiting()).toEqual(['0 ID_NULL', '3 ID_NULL']);
  });

  test('is free when its owner is cleared of it by a TRUNCATE', async () => {
    await job.after(`TRUNCATE people`, `INSERT INTO people VALUES (7, 'a', 'seven')`);
    expect(await waiting()).toEqual([]);
  });

  test('is one where two times differ by microseconds only', async () => {
    await using times = await oracleJob({
      schema: `CREATE TABLE ticks (at timestamptz PRIMARY KEY, n int);
        INSERT INTO ticks VALUES ('2024-01-01 00:00:00.000001Z', 1), ('2024-01-01 00:00:00.000900Z', 2), ('2024-01-01 00:00:00.001Z', 3)`,
      collections: 'ticks: { table: public.ticks }',
      truth: {
        ticks: `SELECT DISTINCT ON (date_trunc('milliseconds', at)) json_build_object('_id', oracle.t(at), 'n', oracle.i(n)) FROM ticks
          ORDER BY date_trunc('milliseconds', at), at`,
      },
    });
    await times.load();
    await times.isTrue();
    expect((await times.letters()).map(({ code }) => code)).toEqual(['ID_TAKEN']);
    await times.after(`INSERT INTO ticks VALUES ('2024-01-01 00:00:00.000000Z', 4)`);
    expect(await times.letters()).toHaveLength(2);
    await times.after(`DELETE FROM ticks WHERE n IN (1, 4)`);
    expect(await times.letters()).toHaveLength(0);
  });
});

test('an ObjectId is derived from table and key alone', async () => {
  const ids: string[][] = [];
  for (const _run of [1, 2]) {
    await using job = await oracleJob({
      schema: `CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)`,
      collections: 't: { table: public.t, id: { objectId: true } }',
      more: 'mode: snapshot',
    });
    await job.load();
    ids.push(await job.documents('t'));
  }
  expect(ids[0]).toEqual(ids[1]);
});
