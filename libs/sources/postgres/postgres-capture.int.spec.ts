import { describe, expect, test } from '@jest/globals';
import { type TestPostgres, testPostgres } from '#testing';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';

const LARGE = 'x'.repeat(20);

/** Stored out of line and not compressed, so that the log leaves it out where it did not change. */
const TOASTED = `CREATE TABLE t (id int PRIMARY KEY, small int, large text);
  ALTER TABLE t ALTER large SET STORAGE EXTERNAL;
  INSERT INTO t SELECT i, 0, repeat('${LARGE}', 500) FROM generate_series(1, 3) i;`;

async function capturing(pg: TestPostgres, setup: string, tables = ['public.t']): Promise<Captured> {
  await pg.exec(setup);
  return Captured.begin(createPostgresSource(pg.uri, { job: 'kit' }), pg.database, tables);
}

describe.each(['oldest', 'newest'] as const)('the capture of PostgreSQL (%s)', (version) => {
  test('names a large value that did not change as missing, alone and with a change of key', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(pg, TOASTED);
    await pg.exec('UPDATE t SET small = 1 WHERE id = 1');
    await pg.exec('UPDATE t SET id = 9 WHERE id = 2');
    await pg.exec(`UPDATE t SET large = 'new' WHERE id = 3`);
    const changes = await capture.changes();
    expect(changes.map(({ op, missing, keyChanged }) => ({ op, missing, keyChanged }))).toEqual([
      { op: 'upsert', missing: [2], keyChanged: undefined },
      { op: 'delete', missing: undefined, keyChanged: undefined },
      { op: 'upsert', missing: [2], keyChanged: true },
      { op: 'upsert', missing: undefined, keyChanged: undefined },
    ]);
    expect(changes[0]?.tuple).toBe('1\t1\t\\N');
  });

  test('fills it from the old image where the replica identity is FULL', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(pg, `${TOASTED} ALTER TABLE t REPLICA IDENTITY FULL`);
    await pg.exec('UPDATE t SET small = 1 WHERE id = 1');
    await pg.exec('UPDATE t SET id = 9 WHERE id = 2');
    await pg.exec('DELETE FROM t WHERE id = 3');
    const changes = await capture.changes();
    expect(changes.map(({ op, key, missing }) => [op, key, missing])).toEqual([
      ['upsert', 'NA1', undefined],
      ['delete', 'NA2', undefined],
      ['upsert', 'NA9', undefined],
      ['delete', 'NA3', undefined],
    ]);
    expect(changes[2]?.tuple).toBe(`9\t0\t${LARGE.repeat(500)}`);
  });

  test('has no missing columns where the plan does not use the large one', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(pg, TOASTED);
    capture.plan.tables[0]?.columns.pop();
    await pg.exec('UPDATE t SET small = 1 WHERE id = 1');
    expect(await capture.changes()).toMatchObject([{ tuple: '1\t1' }]);
  });

  test('keeps what a savepoint kept and leaves out what was rolled back to it', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(pg, 'CREATE TABLE t (id int PRIMARY KEY)');
    await pg.exec(
      'BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; INSERT INTO t VALUES (3); COMMIT',
    );
    const changes = await capture.changes();
    expect(changes.map(({ tuple }) => tuple)).toEqual(['1', '3']);
    expect(changes[0]?.transaction).toBe(changes[1]?.transaction);
  });

  test('knows a row by the index that is the replica identity', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(
      pg,
      `CREATE TABLE t (id uuid NOT NULL, name text NOT NULL, v int);
      CREATE UNIQUE INDEX t_name ON t (name, id); ALTER TABLE t REPLICA IDENTITY USING INDEX t_name;
      INSERT INTO t VALUES ('00000000-0000-0000-0000-0000000000AA', 'n', 1)`,
    );
    await pg.exec('UPDATE t SET v = 2');
    await pg.exec("UPDATE t SET name = 'm'");
    await pg.exec('DELETE FROM t');
    const id = 'U00000000-0000-0000-0000-0000000000aa';
    expect((await capture.changes()).map(({ op, key }) => [op, key])).toEqual([
      ['upsert', `Tn\0${id}`],
      ['delete', `Tn\0${id}`],
      ['upsert', `Tm\0${id}`],
      ['delete', `Tm\0${id}`],
    ]);
  });

  test('tells rows of partitions as rows of their root, also where they move between partitions', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(
      pg,
      `CREATE TABLE t (id int, region text, v int, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
      CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu'); CREATE TABLE t_us (v int, region text NOT NULL, id int NOT NULL);
      ALTER TABLE t ATTACH PARTITION t_us FOR VALUES IN ('us')`,
    );
    await pg.exec("INSERT INTO t VALUES (1, 'eu', 10), (2, 'us', 20)");
    await pg.exec("UPDATE t SET region = 'us' WHERE id = 1");
    await pg.exec('TRUNCATE t');
    const events = (await capture.caughtUp()).filter((event) => ['upsert', 'delete', 'truncate'].includes(event.op));
    expect(events).toMatchObject([
      { op: 'upsert', tuple: '1\teu\t10' },
      { op: 'upsert', tuple: '2\tus\t20' },
      { op: 'delete', key: 'NA1\0Teu' },
      { op: 'upsert', key: 'NA1\0Tus', tuple: '1\tus\t10' },
      { op: 'truncate' },
    ]);
  });

  test('truncates all tables that one statement names, and those that cascade', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(
      pg,
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a)',
      ['public.a', 'public.b'],
    );
    await pg.exec('TRUNCATE a CASCADE');
    const truncated = (await capture.caughtUp()).filter((event) => event.op === 'truncate');
    expect(truncated.map(({ table }) => table).sort()).toEqual([0, 1]);
    expect(new Set(truncated.map(({ at }) => at)).size).toBe(2);
  });

  test('leaves out the rows of tables that inherit from a plain one, in load and log alike', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(
      pg,
      'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE child (extra int) INHERITS (t); INSERT INTO t VALUES (1); INSERT INTO child VALUES (2, 2)',
    );
    await pg.exec('INSERT INTO child VALUES (3, 3); INSERT INTO t VALUES (4)');
    expect((await capture.changes()).map(({ tuple }) => tuple)).toEqual(['4']);
    const reader = await capture.source.openReader();
    expect((await reader.page(capture.plan.tables[0]!, null, 10)).tuples).toEqual(['1', '4']);
    await reader.close();
  });

  test('streams a transaction of very many rows in bounded batches with rising positions', async () => {
    await using pg = await testPostgres({ version });
    await using capture = await capturing(pg, 'CREATE TABLE t (id int PRIMARY KEY, v text)');
    await pg.exec("INSERT INTO t SELECT i, repeat('v', 40) FROM generate_series(1, 70000) i");
    await capture.source.writeMarker('kit', 'end');
    let rows = 0;
    let last = '';
    for await (const { events, bytes } of capture.events.stream) {
      expect(bytes).toBeLessThan(1024 * 1024);
      for (const event of events) {
        if (event.op !== 'upsert') continue;
        if (event.at <= last) throw new Error('positions do not rise');
        last = event.at;
        rows++;
      }
      if (events.some((event) => event.op === 'marker')) break;
    }
    expect(rows).toBe(70_000);
  });
});
