import { describe, expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Keys of every type, as `_id`, in arrays, as what joins: equal exactly where the source says so. */

interface KeyType {
  type: string;
  /** Three different values, in the source's order, and two more for changes. */
  values: [string, string, string, string, string];
  /** The value as canonical Extended JSON. */
  json: (column: string) => string;
  order?: string;
}

const TYPES: KeyType[] = [
  { type: 'smallint', values: ['-32768', '0', '32767', '5', '6'], json: (c) => `oracle.i(${c})` },
  {
    type: 'bigint',
    values: ['-9223372036854775808', '9007199254740993', '9223372036854775807', '1', '2'],
    json: (c) => `oracle.l(${c})`,
  },
  { type: 'text', values: [`''`, `'A'`, `'a '`, `'a'`, `'ä/"\\'`], json: (c) => `to_json(${c})`, order: 'COLLATE "C"' },
  {
    type: 'varchar(10)',
    values: [`' '`, `'0'`, `'1'`, `'01'`, `'😀'`],
    json: (c) => `to_json(${c})`,
    order: 'COLLATE "C"',
  },
  {
    type: 'char(4)',
    values: [`'a'`, `'b '`, `'c'`, `'ä'`, `'abcd'`],
    json: (c) => `to_json(rtrim(${c}))`,
    order: 'COLLATE "C"',
  },
  {
    type: 'uuid',
    values: [
      `'00000000-0000-0000-0000-000000000001'`,
      `'7fffffff-0000-4000-8000-000000000000'`,
      `'ffffffff-ffff-ffff-ffff-ffffffffffff'`,
      `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`,
      `'a0eebc999c0b4ef8bb6d6bb9bd380a12'`,
    ],
    json: (c) => `oracle.u(${c})`,
  },
  { type: 'numeric', values: ['-1.50', '0', '12345678901234567890.5', '1.0', '2.25'], json: (c) => `oracle.d(${c})` },
  { type: 'numeric(6,2)', values: ['-1.5', '0', '9999.99', '1', '2.25'], json: (c) => `oracle.d(${c})` },
  {
    type: 'timestamptz',
    values: [
      `'1969-12-31 23:59:59.999Z'`,
      `'2024-02-29 12:00+02'`,
      `'9999-12-31 23:59:59.999Z'`,
      `'0001-01-01 00:00Z'`,
      `'2024-01-01Z'`,
    ],
    json: (c) => `oracle.t(${c})`,
  },
  {
    type: 'date',
    values: [`'0001-01-01'`, `'1970-01-01'`, `'9999-12-31'`, `'2024-02-29'`, `'2024-03-01'`],
    json: (c) => `oracle.t(${c})`,
  },
  { type: 'bytea', values: [`'\\x'`, `'\\x00'`, `'\\xff00'`, `'\\x01'`, `'\\x0102'`], json: (c) => `oracle.b(${c})` },
  { type: 'bool', values: ['false', 'false', 'true', 'true', 'true'], json: (c) => `to_json(${c})` },
  {
    type: 'time',
    values: [`'00:00'`, `'12:30:00.000001'`, `'24:00:00'`, `'01:00'`, `'02:00'`],
    json: (c) => `to_json(${c}::text)`,
  },
  { type: 'oid', values: ['0', '7', '4294967295', '1', '2'], json: (c) => `oracle.l(${c}::bigint)` },
];

describe('a key', () => {
  test.each(TYPES.map((key) => [key.type, key] as const))(
    'of type %s joins, sorts and is an _id, through load and changes',
    async (type, { values, json, order = '' }) => {
      const [a, b, c, d, e] = values.map((value) => `(${value})::${type}`) as [string, string, string, string, string];
      const isBool = type === 'bool';
      await using job = await oracleJob({
        schema: `CREATE TABLE p (k ${type} PRIMARY KEY, name text);
        CREATE TABLE c (k ${type}, pk ${type}, n int, PRIMARY KEY (k, n));
        INSERT INTO p VALUES (${a}, 'a'), ${isBool ? '' : `(${b}, 'b'), `}(${c}, 'c');
        INSERT INTO c VALUES (${c}, ${a}, 1), (${b}, ${a}, 2), (${a}, ${a}, 3), (${a}, ${c}, 1), (${b}, NULL, 7)`,
        collections: `p: { table: public.p, embed: { cs: { many: public.c, on: { pk: k }, fields: [k, n] } } }
c: { table: public.c, embed: { p: { one: public.p, on: { k: pk }, fields: [name] } } }`,
        truth: {
          p: `SELECT json_build_object('_id', ${json('k')}, 'name', name, 'cs', oracle.items((SELECT json_agg(json_build_object('k', ${json('c.k')}, 'n', oracle.i(n))
          ORDER BY c.k ${order}, n) FROM c WHERE c.pk = p.k))) FROM p`,
          c: `SELECT json_build_object('_id', json_build_object('k', ${json('k')}, 'n', oracle.i(n)), 'pk', ${json('pk')},
          'p', (SELECT json_build_object('name', name) FROM p WHERE p.k = c.pk)) FROM c`,
        },
        tuning: { ...SIZES.odd, chunkRows: 1 },
      });
      await job.load();
      await job.isTrue();
      await job.after(`UPDATE p SET name = name || '!'; UPDATE c SET pk = ${c} WHERE n = 2`);
      if (!isBool)
        await job.after(
          `INSERT INTO p VALUES (${d}, 'd'); UPDATE c SET pk = ${d} WHERE n = 3; UPDATE c SET k = ${d} WHERE n = 7`,
        );
      if (!isBool)
        await job.after(
          `UPDATE p SET k = ${e} WHERE k = ${d}; UPDATE p SET k = ${d} WHERE k = ${b}; UPDATE c SET pk = ${e} WHERE pk IS NULL`,
        );
      await job.after(`DELETE FROM p WHERE k = ${a}; DELETE FROM c WHERE k = ${b}`);
      expect(await job.letters()).toEqual([]);
    },
  );

  test('that changes to an equal one of another representation is one row', async () => {
    await using job = await oracleJob({
      schema: `CREATE TABLE n (k numeric PRIMARY KEY, v int); CREATE TABLE c (id int PRIMARY KEY, k numeric);
        INSERT INTO n VALUES (1.0, 1), (20, 2), (-0.0, 3); INSERT INTO c VALUES (1, 1.00), (2, 2e1), (3, 0)`,
      collections: `n: { table: public.n, embed: { cs: { many: public.c, on: { k: k }, fields: [id] } } }`,
      truth: {
        n: `SELECT json_build_object('_id', oracle.d(k), 'v', oracle.i(v), 'cs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(id)) ORDER BY id)
          FROM c WHERE c.k = n.k))) FROM n`,
      },
      tuning: SIZES.odd,
    });
    await job.load();
    await job.isTrue();
    await job.after(`UPDATE n SET k = 1.000, v = 5 WHERE v = 1`);
    await job.after(`UPDATE c SET k = 1 WHERE id = 3; UPDATE n SET k = 20.0 WHERE v = 2; DELETE FROM n WHERE k = 0`);
  });

  test('that is a unique index of columns which are not null serves where it is the replica identity', async () => {
    await using job = await oracleJob({
      schema: `CREATE TABLE u (a int, b text NOT NULL, c int NOT NULL, v int); CREATE UNIQUE INDEX u_key ON u (c, b);
        ALTER TABLE u REPLICA IDENTITY USING INDEX u_key; INSERT INTO u VALUES (1, 'x', 1, 1), (NULL, 'x', 2, 2)`,
      collections: `u: { table: public.u }`,
      truth: {
        u: `SELECT json_build_object('_id', json_build_object('c', oracle.i(c), 'b', b), 'a', oracle.i(a), 'v', oracle.i(v)) FROM u`,
      },
    });
    await job.load();
    await job.isTrue();
    await job.after(`UPDATE u SET v = 7; UPDATE u SET b = 'y' WHERE c = 1; DELETE FROM u WHERE c = 2`);
  });

  test('is sent whole and merged by column where the replica identity is full', async () => {
    await using job = await oracleJob({
      schema: `CREATE TABLE f (id int PRIMARY KEY, big text, v int); ALTER TABLE f ALTER big SET STORAGE EXTERNAL; ALTER TABLE f REPLICA IDENTITY FULL;
        INSERT INTO f SELECT i, oracle.big('f' || i, 4), i FROM generate_series(1, 5) i`,
      collections: `f: { table: public.f }`,
      truth: { f: `SELECT json_build_object('_id', oracle.i(id), 'big', big, 'v', oracle.i(v)) FROM f` },
      tuning: SIZES.odd,
    });
    await job.load();
    await job.isTrue();
    await job.after(
      `UPDATE f SET v = v + 1`,
      `UPDATE f SET id = id + 10 WHERE id < 3`,
      `BEGIN; UPDATE f SET v = 0; UPDATE f SET id = id - 1; DELETE FROM f WHERE id = 4; COMMIT`,
    );
  });
});
