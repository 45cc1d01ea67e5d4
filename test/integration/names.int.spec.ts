import { describe, expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Names that SQL and MongoDB make trouble of, and tables that are empty, partitioned or without key. */

test('tables and columns of any name are mapped, renamed where MongoDB cannot have them', async () => {
  const odd = `"my ""Schema""; --"."select.$x"`;
  await using job = await oracleJob({
    schema: `CREATE SCHEMA "my ""Schema""; --"; CREATE TABLE ${odd} ("Order" int, "a.b" text, "$set" int, "größe €" text, "1" int, "order by 'x'" text, "__proto__" text, "constructor" text, PRIMARY KEY ("Order"));
      CREATE TABLE "user" ("from" int PRIMARY KEY, "to" int, "table" text);
      INSERT INTO ${odd} VALUES (1, 'dot', 2, 'x', 11, 'y', 'p', 'c'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL); INSERT INTO "user" VALUES (1, 1, 'a'), (2, 1, NULL)`,
    collections: `odd:
  table: '${odd}'
  fields:
    rename: { "a.b": ab, "$set": set }
    computed: { both: "columns['a.b'] + columns['$set'] + columns['größe €']" }
  embed:
    "sélect 1": { many: public.user, on: { "to": "Order" }, fields: ["table", "from"], sort: [-from] }`,
    truth: {
      odd: `SELECT json_build_object('_id', oracle.i("Order"), 'ab', "a.b", 'set', oracle.i("$set"), 'größe €', "größe €", '1', oracle.i("1"), 'order by ''x''', "order by 'x'", '__proto__', "__proto__",
        'constructor', "constructor", 'both', CASE WHEN "a.b" IS NULL THEN oracle.f(0) ELSE to_json("a.b" || "$set" || "größe €") END,
        'sélect 1', oracle.items((SELECT json_agg(json_build_object('from', oracle.i(u."from"), 'table', u."table") ORDER BY u."from" DESC) FROM "user" u WHERE u."to" = o."Order"))) FROM ${odd} o`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after(
    `UPDATE ${odd} SET "a.b" = 'new.dot', "1" = 12, "$set" = 3, "größe €" = '€' WHERE "Order" = 2; UPDATE "user" SET "to" = 2 WHERE "from" = 2`,
  );
  await job.after(
    `UPDATE ${odd} SET "Order" = 5, "__proto__" = 'q' WHERE "Order" = 1; UPDATE "user" SET "to" = 5, "from" = "from" + 10`,
    `TRUNCATE ${odd}`,
  );
});

test('a column whose name MongoDB cannot have is refused until it is renamed', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE t (id int PRIMARY KEY, "a.b" text, "$c" text)`,
    collections: 't: { table: public.t }',
  });
  await expect(job.load()).rejects.toMatchObject({ exit: 2 });
});

test('empty tables make no documents and empty arrays, and rows that come later are followed', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int); CREATE TABLE c (id int PRIMARY KEY); INSERT INTO a VALUES (1)`,
    collections: `a: { table: public.a, embed: { bs: { many: public.b, on: { a_id: id }, value: id }, c: { one: public.c, on: { id: id } } } }\nc: { table: public.c }`,
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(id), 'bs', oracle.items((SELECT json_agg(oracle.i(b.id) ORDER BY b.id) FROM b WHERE a_id = a.id)),
        'c', (SELECT json_build_object('id', oracle.i(c.id)) FROM c WHERE c.id = a.id)) FROM a`,
      c: `SELECT json_build_object('_id', oracle.i(id)) FROM c`,
    },
    tuning: SIZES.tiny,
  });
  await job.load();
  await job.isTrue();
  await job.after(`INSERT INTO b VALUES (1, 1), (2, 2)`, `INSERT INTO c VALUES (1)`);
  await job.after(`TRUNCATE a, b, c`, `TRUNCATE a`);
});

describe('a partitioned table', () => {
  test('is one table, whichever partition a row is in or moves to', async () => {
    await using job = await oracleJob({
      schema: `CREATE TABLE p (id int, region text, v int, big text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
        CREATE TABLE p_eu PARTITION OF p FOR VALUES IN ('eu'); CREATE TABLE p_rest PARTITION OF p DEFAULT PARTITION BY RANGE (id);
        CREATE TABLE p_low PARTITION OF p_rest FOR VALUES FROM (0) TO (10); CREATE TABLE p_high PARTITION OF p_rest FOR VALUES FROM (10) TO (1000);
        CREATE TABLE r (region text PRIMARY KEY); INSERT INTO r VALUES ('eu'), ('us'), ('as');
        INSERT INTO p SELECT i, (ARRAY['eu', 'us', 'as'])[1 + i % 3], i, oracle.big('p' || i, 4) FROM generate_series(1, 20) i`,
      collections: `p: { table: public.p }\nr: { table: public.r, embed: { ps: { many: public.p, on: { region: region }, fields: [id, v] } } }`,
      truth: {
        p: `SELECT json_build_object('_id', json_build_object('id', oracle.i(id), 'region', region), 'v', oracle.i(v), 'big', big) FROM p`,
        r: `SELECT json_build_object('_id', region, 'ps', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(id), 'v', oracle.i(v)) ORDER BY id) FROM p WHERE p.region = r.region))) FROM r`,
      },
      tuning: SIZES.odd,
    });
    await job.load();
    await job.isTrue();
    await job.after(
      `UPDATE p SET v = v + 1; DELETE FROM p WHERE id IN (3, 4); INSERT INTO p VALUES (3, 'us', 0, NULL), (500, 'eu', 1, 'x')`,
    );
    await job.after(`UPDATE p SET region = 'eu' WHERE region = 'us'`, `UPDATE p SET id = id + 100 WHERE region = 'as'`);
    await job.after(
      `BEGIN; UPDATE p SET region = 'as', v = -1 WHERE region = 'eu' AND id < 8; UPDATE p SET v = -2 WHERE region = 'as'; COMMIT`,
      `TRUNCATE p`,
      `INSERT INTO p VALUES (1, 'eu', 1, 'y')`,
    );
  });
});

describe('a snapshot', () => {
  test('loads tables without key, as embedded rows and as a collection with an id', async () => {
    await using job = await oracleJob({
      schema: `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE k (a_id int, v text, code text); INSERT INTO a SELECT generate_series(1, 3);
        INSERT INTO k SELECT 1 + i % 3, 'v', 'c' || i FROM generate_series(1, 30) i`,
      collections: `a: { table: public.a, embed: { ks: { many: public.k, on: { a_id: id }, fields: [v, code], sort: [-code] } } }\nk: { table: public.k, id: code }`,
      more: 'mode: snapshot',
      truth: {
        a: `SELECT json_build_object('_id', oracle.i(id), 'ks', oracle.items((SELECT json_agg(json_build_object('v', v, 'code', code) ORDER BY code COLLATE "C" DESC) FROM k WHERE a_id = a.id))) FROM a`,
        k: `SELECT json_build_object('_id', code, 'a_id', oracle.i(a_id), 'v', v) FROM k`,
      },
      tuning: SIZES.odd,
    });
    await job.load();
    await job.isTrue();
    expect(
      await job.pg.query('SELECT slot_name FROM pg_replication_slots WHERE database = current_database()'),
    ).toEqual([]);
  });

  test('is of one moment, whatever changes while it loads', async () => {
    await using job = await oracleJob({
      schema: `CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE b (id int PRIMARY KEY, a_id int, v int);
        INSERT INTO a SELECT i, 0 FROM generate_series(1, 200) i; INSERT INTO b SELECT i, 1 + i % 200, 0 FROM generate_series(1, 400) i`,
      collections: 'a: { table: public.a, embed: { bs: { many: public.b, on: { a_id: id }, value: v } } }',
      more: 'mode: snapshot',
      tuning: { ...SIZES.odd, chunkRows: 10 },
    });
    let loading = true;
    const changing = (async () => {
      for (let n = 1; loading; n++) await job.pg.exec(`BEGIN; UPDATE a SET v = ${n}; UPDATE b SET v = ${n}; COMMIT`);
    })();
    await job.load();
    loading = false;
    await changing;
    const values = await job.mongo.db
      .collection('a')
      .aggregate([{ $unwind: '$bs' }, { $group: { _id: { v: '$v', b: '$bs' } } }])
      .toArray();
    expect(values).toHaveLength(1);
    expect(values[0]?.['_id'].v).toBe(values[0]?.['_id'].b);
    expect(await job.mongo.db.collection('a').countDocuments()).toBe(200);
  });
});
