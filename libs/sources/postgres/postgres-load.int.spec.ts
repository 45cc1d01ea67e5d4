import { describe, expect, test } from '@jest/globals';
import { type TestPostgres, testPostgres } from '#testing';
import { type Plan, type TablePlan, unpackTuple } from '#model';
import type { Chunk, LoadedRows, Source, SourceSnapshot } from '../source.js';
import { planOfTables } from '../testing/plan-of-tables.js';
import { createPostgresSource } from './postgres-source.js';

const { signal } = new AbortController();

const KEYS: [string, string, string][] = [
  ['uuid', 'k uuid PRIMARY KEY', 'SELECT md5(i::text)::uuid FROM generate_series(1, 500) i'],
  [
    'text with quotes, tabs and other scripts',
    'k text PRIMARY KEY',
    "SELECT CASE i % 4 WHEN 0 THEN '''' || i WHEN 1 THEN E'\\\\\\t' || i WHEN 2 THEN 'ü' || i ELSE upper(md5(i::text)) END FROM generate_series(1, 500) i",
  ],
  [
    'text in another collation',
    'k text COLLATE "und-x-icu" PRIMARY KEY',
    "SELECT CASE i % 2 WHEN 0 THEN 'a' ELSE 'B' END || i FROM generate_series(1, 500) i",
  ],
  [
    'numeric with NaN, infinities and negatives',
    'k numeric PRIMARY KEY',
    "SELECT (i - 250) / 7.0 FROM generate_series(1, 497) i UNION ALL VALUES ('NaN'::numeric), ('Infinity'), ('-Infinity')",
  ],
  [
    'float',
    'k double precision PRIMARY KEY',
    "SELECT (i - 250) / 7.0::float8 FROM generate_series(1, 498) i UNION ALL VALUES ('NaN'::float8), ('-Infinity')",
  ],
  [
    'timestamp with time zone',
    'k timestamptz PRIMARY KEY',
    "SELECT timestamptz '2024-01-01 00:00:00.000001+00' + i * interval '7 hours' FROM generate_series(1, 498) i UNION ALL VALUES ('infinity'::timestamptz), ('-infinity')",
  ],
  ['bytea', 'k bytea PRIMARY KEY', "SELECT decode(md5(i::text), 'hex') FROM generate_series(1, 500) i"],
  [
    'enum and date',
    'k mood, d date, PRIMARY KEY (k, d)',
    "SELECT (ARRAY['sad','so happy'])[1 + i % 2]::mood, date '2024-01-01' + i FROM generate_series(1, 500) i",
  ],
  ['char(n)', 'k char(12) PRIMARY KEY', "SELECT 'c' || i FROM generate_series(1, 500) i"],
  [
    'boolean and big numbers',
    'k boolean, b bigint, PRIMARY KEY (b, k)',
    'SELECT i % 2 = 0, (i / 2) * -9000000000 FROM generate_series(2, 501) i',
  ],
  ['a descending index', 'k int NOT NULL', 'SELECT i * 3 FROM generate_series(1, 500) i'],
];

async function loaded(
  source: Source,
  table: TablePlan,
  target: number,
  snapshot?: SourceSnapshot,
): Promise<{ rows: LoadedRows; chunks: Chunk[] }> {
  const rows: LoadedRows = { keys: [], tuples: [], bytes: 0 };
  const chunks: Chunk[] = [];
  for await (const chunk of source.chunks(table, target, signal)) {
    chunks.push(JSON.parse(JSON.stringify(chunk)) as Chunk);
    for await (const part of source.readChunk(table, chunks.at(-1) as Chunk, {
      signal,
      ...(snapshot ? { snapshot } : {}),
    })) {
      rows.keys.push(...part.keys);
      rows.tuples.push(...part.tuples);
      rows.bytes += part.bytes;
    }
  }
  return { rows, chunks };
}

async function sourceOf(database: TestPostgres, table = 'public.t', mode: Plan['mode'] = 'continuous') {
  const source = createPostgresSource(database.uri, { job: 'kit' });
  const plan = planOfTables(await source.catalogue(), 'kit', [table], mode);
  return { source, table: plan.tables[0] as TablePlan, [Symbol.asyncDispose]: () => source.close() };
}

describe('the load of PostgreSQL', () => {
  test.each(KEYS)('covers keys of %s exactly once, and pages through them alike', async (name, columns, rows) => {
    await using database = await testPostgres();
    await database.exec(
      `CREATE TYPE mood AS ENUM ('sad', 'so happy'); CREATE TABLE t (${columns}, filler text); INSERT INTO t ${rows}`,
    );
    if (name.includes('descending')) await database.exec('CREATE UNIQUE INDEX ON t (k DESC)');
    await using context = await sourceOf(database);
    for (const target of [3, 64]) {
      const { rows: read, chunks } = await loaded(context.source, context.table, target);
      expect(chunks).toHaveLength(Math.floor(500 / target) + 1);
      expect(read.keys).toHaveLength(500);
      expect(new Set(read.keys).size).toBe(500);
    }
    expect(await pagedKeys(context.source, context.table)).toEqual(
      (await loaded(context.source, context.table, 50)).rows.keys.toSorted(),
    );
  });

  test('reads a partitioned table through its root, with every kind of row in it', async () => {
    await using database = await testPostgres();
    await database.exec(`CREATE TABLE t (id int, region text, v text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
      CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a'); CREATE TABLE t_rest PARTITION OF t DEFAULT PARTITION BY HASH (id);
      CREATE TABLE t_b PARTITION OF t_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE t_c (v text, region text NOT NULL, id int NOT NULL);
      ALTER TABLE t_rest ATTACH PARTITION t_c FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      INSERT INTO t SELECT i, chr(97 + i % 5), 'v' || i FROM generate_series(1, 400) i; ANALYZE t`);
    await using context = await sourceOf(database);
    const { rows, chunks } = await loaded(context.source, context.table, 30);
    expect(chunks.length).toBeGreaterThan(10);
    expect(new Set(rows.tuples).size).toBe(400);
  });

  test('knows rows without key by their place, in one snapshot, also those of partitions', async () => {
    await using database = await testPostgres();
    await database.exec(`CREATE TABLE t (v text, p int) PARTITION BY HASH (p); CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE t_1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO t SELECT 'same', i % 2 FROM generate_series(1, 3000) i`);
    await using context = await sourceOf(database, 'public.t', 'snapshot');
    const snapshot = await context.source.openSnapshot();
    await database.exec("UPDATE t SET v = 'changed'");
    const { rows, chunks } = await loaded(context.source, context.table, 100, snapshot);
    expect(chunks.length).toBeGreaterThan(4);
    expect(new Set(rows.keys).size).toBe(3000);
    expect(new Set(rows.tuples)).toEqual(new Set(['same\t0', 'same\t1']));
    const reader = await context.source.openReader(snapshot);
    const page = await reader.page(context.table, null, 3000);
    expect(page.keys.toSorted()).toEqual(rows.keys.toSorted());
    await reader.close();
    await snapshot.close();
  });

  test('gives its first chunk of a large table without having looked at the rest', async () => {
    await using database = await testPostgres();
    await database.exec(
      'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT i FROM generate_series(1, 50000) i; ANALYZE t',
    );
    await using context = await sourceOf(database);
    const read = 'SELECT idx_tup_read AS n FROM pg_stat_user_indexes';
    const iterator = context.source.chunks(context.table, 100, signal)[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ after: null, upTo: ['100'], estimatedRows: 100 });
    await iterator.return?.();
    await database.exec('SELECT pg_stat_clear_snapshot()');
    expect(Number((await database.query<{ n: string }>(read))[0]?.n)).toBeLessThan(5000);
  });

  test('keeps rows whole that are larger than any buffer, and batches small ones', async () => {
    await using database = await testPostgres();
    await database.exec(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('0123456789', 300000) FROM generate_series(1, 3) i; INSERT INTO t SELECT i, 'ü' FROM generate_series(4, 100000) i; ANALYZE t",
    );
    await using context = await sourceOf(database);
    let rows = 0;
    for await (const part of context.source.readChunk(
      context.table,
      { table: 0, after: null, upTo: null, estimatedRows: 0 },
      { signal },
    )) {
      const expected = part.tuples.map(() => (rows++ < 3 ? 3_000_000 : 1));
      expect(part.tuples.map((tuple) => unpackTuple(tuple)[1]?.length)).toEqual(expected);
      if (rows > 3) expect(part.bytes).toBeLessThan(8 * 1024 * 1024);
    }
    expect(rows).toBe(100_000);
  });

  test('uses its session again after a chunk, and gives it up where a reader stops midway', async () => {
    await using database = await testPostgres();
    await database.exec(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i; ANALYZE t",
    );
    await using context = await sourceOf(database);
    const whole: Chunk = { table: 0, after: null, upTo: null, estimatedRows: 0 };
    for await (const part of context.source.readChunk(context.table, whole, { signal })) {
      expect(part.keys.length).toBeGreaterThan(0);
      break;
    }
    for (let i = 0; i < 3; i++)
      expect((await loaded(context.source, context.table, 20_000)).rows.keys).toHaveLength(50_000);
  });

  test('fails for good where the shared snapshot has ended', async () => {
    await using database = await testPostgres();
    await database.exec('CREATE TABLE t (id int PRIMARY KEY)');
    await using context = await sourceOf(database);
    const snapshot = await context.source.openSnapshot();
    await snapshot.close();
    await expect(context.source.openReader(snapshot)).rejects.toMatchObject({
      code: 'SNAPSHOT_LOST',
      retriable: false,
    });
  });

  test('fails for good where the table is gone', async () => {
    await using database = await testPostgres();
    await database.exec('CREATE TABLE t (id int PRIMARY KEY)');
    await using context = await sourceOf(database);
    await database.exec('DROP TABLE t');
    await expect(loaded(context.source, context.table, 10)).rejects.toMatchObject({
      code: 'SOURCE_SCHEMA_CHANGED',
      retriable: false,
    });
  });
});

async function pagedKeys(source: Source, table: TablePlan): Promise<string[]> {
  const reader = await source.openReader();
  const keys: string[] = [];
  for (let after: string[] | null = null; ; ) {
    const page = await reader.page(table, after, 70);
    keys.push(...page.keys);
    const last = page.tuples.at(-1);
    if (last === undefined) break;
    after = table.key.map((column) => unpackTuple(last)[column] as string);
  }
  await reader.close();
  return keys.toSorted();
}
