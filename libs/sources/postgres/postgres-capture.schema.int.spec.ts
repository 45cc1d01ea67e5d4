import { describe, expect, test } from '@jest/globals';
import { type TestPostgres, testPostgres } from '#testing';
import type { CaptureEvent } from '../source.js';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, v varchar(10)); INSERT INTO t VALUES (1, NULL)';

async function capturing(pg: TestPostgres, setup = TABLE): Promise<Captured> {
  await pg.exec(setup);
  return Captured.begin(createPostgresSource(pg.uri, { job: 'kit', capture: { watchIntervalMs: 50 } }), pg.database, [
    'public.t',
  ]);
}

/** The finding that stops the job after a change of schema and a row after it. */
async function stopping(
  ddl: string,
  row: string,
  setup = TABLE,
): Promise<{ events: CaptureEvent[]; object: string; message: string }> {
  await using pg = await testPostgres();
  await using capture = await capturing(pg, setup);
  await pg.exec('INSERT INTO t (id) VALUES (7)');
  expect(await capture.changes()).toHaveLength(1);
  await pg.exec(ddl);
  await pg.exec(row);
  const events = await capture.events.until((event) => event.op === 'schema' && event.stops);
  const last = events.at(-1) as Extract<CaptureEvent, { op: 'schema' }>;
  expect(last.finding.code).toBe('SCHEMA_CHANGED');
  expect(last.finding.fix).toContain('--fresh');
  await expect(capture.events.until(() => true)).rejects.toThrow('ended');
  return { events, object: last.finding.object, message: last.finding.message };
}

describe('a change of schema', () => {
  test('warns of a column that was added, once, and leaves it out', async () => {
    await using pg = await testPostgres();
    await using capture = await capturing(pg);
    await pg.exec('INSERT INTO t VALUES (2, NULL)');
    await pg.exec('ALTER TABLE t ADD extra text');
    await pg.exec("INSERT INTO t VALUES (3, 'v', 'e')");
    await pg.exec("INSERT INTO t VALUES (4, 'w', 'e')");
    const events = await capture.caughtUp();
    expect(events.filter((event) => event.op === 'schema')).toMatchObject([
      { stops: false, finding: { code: 'COLUMN_ADDED', object: 'public.t.extra', severity: 'warning' } },
    ]);
    expect(events.flatMap((event) => (event.op === 'upsert' ? [event.tuple] : []))).toEqual(['2\t\\N', '3\tv', '4\tw']);
  });

  test.each([
    ['dropped', 'ALTER TABLE t DROP v'],
    ['renamed', 'ALTER TABLE t RENAME v TO w'],
    ['dropped and added again', 'ALTER TABLE t DROP v; ALTER TABLE t ADD v varchar(10)'],
    ['retyped', 'ALTER TABLE t ALTER v TYPE text'],
    ['given another length', 'ALTER TABLE t ALTER v TYPE varchar(20)'],
  ])('stops where a column in use is %s, before any row of it', async (_, ddl) => {
    const { events, object } = await stopping(ddl, 'INSERT INTO t (id) VALUES (8)');
    expect(object).toBe('public.t.v');
    expect(events.filter((event) => event.op === 'upsert')).toEqual([]);
  });

  test('stops where a numeric has another scale', async () => {
    const setup = 'CREATE TABLE t (id int PRIMARY KEY, v numeric(10,2))';
    expect(
      (await stopping('ALTER TABLE t ALTER v TYPE numeric(10,4)', 'INSERT INTO t VALUES (8, 1)', setup)).object,
    ).toBe('public.t.v');
  });

  test('stops where the table is renamed', async () => {
    expect((await stopping('ALTER TABLE t RENAME TO u', 'INSERT INTO u VALUES (8)')).object).toBe('public.t');
  });

  test('stops where the key is another one', async () => {
    const { object, message } = await stopping(
      'ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD COLUMN k serial PRIMARY KEY',
      'INSERT INTO t (id) VALUES (8)',
    );
    expect(object).toBe('public.t');
    expect(message).toContain('(id)');
  });

  test('stops where the key is another one, though the log shows whole rows', async () => {
    const setup = `${TABLE}; ALTER TABLE t REPLICA IDENTITY FULL`;
    expect(
      (await stopping('ALTER TABLE t DROP CONSTRAINT t_pkey', 'INSERT INTO t (id) VALUES (8)', setup)).object,
    ).toBe('public.t');
  });

  test('stops where the table is dropped, though no log tells it', async () => {
    expect((await stopping('DROP TABLE t', 'SELECT 1')).object).toBe('public.t');
  });

  test('stops where a column in use is dropped and added again, though no log tells what its rows have now', async () => {
    const { object } = await stopping(
      "ALTER TABLE t DROP v; ALTER TABLE t ADD v varchar(10) DEFAULT 'new'",
      'SELECT 1',
    );
    expect(object).toBe('public.t.v');
  });

  test('stops where a partition is attached, though no log tells its rows', async () => {
    const setup = `CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10);
      CREATE TABLE t_2 (id int PRIMARY KEY); INSERT INTO t_2 VALUES (11)`;
    const { message } = await stopping(
      'ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM (10) TO (20)',
      'SELECT 1',
      setup,
    );
    expect(message).toContain('partitions');
  });

  test('goes on over a change of another table, and over an index, a default, a comment', async () => {
    await using pg = await testPostgres();
    await using capture = await capturing(pg);
    await pg.exec(
      "CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1); CREATE INDEX ON t (v); ALTER TABLE t ALTER v SET DEFAULT 'd'; COMMENT ON TABLE t IS 'c'",
    );
    await pg.exec('INSERT INTO t (id) VALUES (2)');
    expect((await capture.changes()).map(({ tuple }) => tuple)).toEqual(['2\td']);
  });
});
