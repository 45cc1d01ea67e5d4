import { describe, expect, test } from '@jest/globals';
import { type TestPostgres, testPostgres } from '#testing';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';
import { readRelation } from './relation.js';
import { sessionOn, sqlStateOf } from './testing/session.js';

/** What stands in PostgreSQL's log and in which order, as the simulated server writes it. */

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, v text)';

async function capturing(database: TestPostgres, setup: string, tables = ['public.t']): Promise<Captured> {
  await database.exec(setup);
  return Captured.begin(createPostgresSource(database.uri), database.database, tables);
}

describe.each(['oldest', 'newest'] as const)('the log of PostgreSQL (%s)', (version) => {
  test('streams transactions whole, in the order of their commits', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database, TABLE);
    await using early = await sessionOn(database);
    await using late = await sessionOn(database);
    for (const session of [early, late]) await session.run('BEGIN');
    await early.run('INSERT INTO t VALUES (1)');
    await late.run('INSERT INTO t VALUES (2)');
    await early.run('INSERT INTO t VALUES (3)');
    await late.run('COMMIT');
    await early.run('COMMIT');
    const changes = await capture.changes();
    expect(changes.map(({ tuple }) => tuple[0])).toEqual(['2', '1', '3']);
    const positions = changes.map(({ at }) => at);
    expect(positions).toEqual([...new Set(positions)].sort());
  });

  test('has one position for several rows of a COPY, which the capture tells apart', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database, TABLE);
    await database.exec("COPY t (id) FROM PROGRAM 'seq 3'");
    const { slot, publication } = capture.names;
    const peek = `SELECT lsn::text AS lsn FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL,
      'proto_version', '1', 'publication_names', $2) WHERE get_byte(data, 0) = ascii('I')`;
    const inserts = await database.query<{ lsn: string }>(peek, [slot, publication]);
    expect(inserts).toHaveLength(3);
    expect(new Set(inserts.map(({ lsn }) => lsn)).size).toBe(1);
    expect(new Set((await capture.changes()).map(({ at }) => at)).size).toBe(3);
  });

  test('has the delete of a row before what its foreign keys do to other rows', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(
      database,
      `CREATE TABLE parent (id int PRIMARY KEY);
       CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE);
       CREATE TABLE loose (id int PRIMARY KEY, p int REFERENCES parent ON DELETE SET NULL);
       INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1); INSERT INTO loose VALUES (1, 1)`,
      ['public.parent', 'public.child', 'public.loose'],
    );
    await database.exec('DELETE FROM parent');
    const changes = (await capture.changes()).map(({ table, op, tuple }) => [
      capture.plan.tables[table]?.name,
      op,
      tuple,
    ]);
    expect(changes[0]).toEqual(['parent', 'delete', '']);
    expect(changes.slice(1).sort()).toEqual([
      ['child', 'delete', ''],
      ['loose', 'upsert', '1\t\\N'],
    ]);
  });

  test('does not know a publication in what was written before that was made: refuses, or from 18 on passes over', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database, TABLE);
    await database.exec('INSERT INTO t VALUES (1); CREATE PUBLICATION late FOR TABLE t');
    const peek = `SELECT FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL,
      'proto_version', '1', 'publication_names', 'late') WHERE get_byte(data, 0) = ascii('I')`;
    const peeking = database.query(peek, [capture.names.slot]);
    if (Number.parseInt(database.server.version, 10) >= 18) expect(await peeking).toEqual([]);
    else expect(await sqlStateOf(peeking)).toBe('42704');
  });

  test('tells what a table looked like at each change, also within a transaction', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database, TABLE);
    await database.exec(
      `BEGIN; INSERT INTO t VALUES (1, 'a'); ALTER TABLE t RENAME v TO w; INSERT INTO t VALUES (2, 'b');
       ALTER TABLE t DROP w; INSERT INTO t VALUES (3); ALTER TABLE t RENAME TO u; INSERT INTO u VALUES (4); COMMIT`,
    );
    const peek = `SELECT data FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL,
      'proto_version', '1', 'publication_names', $2) WHERE get_byte(data, 0) IN (ascii('R'), ascii('I'))`;
    const messages = await database.query<{ data: Buffer }>(peek, [capture.names.slot, capture.names.publication]);
    const told = messages.map(({ data }) => {
      if (data[0] !== 'R'.charCodeAt(0)) return 'a row';
      const { name, columns } = readRelation(data, 0);
      return [name, ...columns.map((column) => column.name)].join(' ');
    });
    expect(told).toEqual(['t id v', 'a row', 't id w', 'a row', 't id', 'a row', 'u id', 'a row']);
  });

  test('is read from a slot by one session at a time', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database, TABLE);
    await capture.caughtUp();
    const read = `SELECT FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL,
      'proto_version', '1', 'publication_names', $2)`;
    const { slot, publication } = capture.names;
    expect(await sqlStateOf(database.query(read, [slot, publication]))).toBe('55006');
    expect(await sqlStateOf(database.query('SELECT pg_drop_replication_slot($1)', [slot]))).toBe('55006');
  });
});

describe('a table that is truncated', () => {
  test('is empty for whoever reads it later, also in a snapshot from before', async () => {
    await using database = await testPostgres();
    await database.exec(`${TABLE}; INSERT INTO t VALUES (1); CREATE TABLE other (id int)`);
    await using reader = await sessionOn(database);
    await reader.run('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.run('SELECT FROM other');
    await database.exec('TRUNCATE t');
    expect(await reader.run('SELECT FROM t')).toEqual([]);
  });

  test('waits for whoever has read it in a transaction that is open, and is waited for until it commits', async () => {
    await using database = await testPostgres();
    await database.exec(`${TABLE}; INSERT INTO t VALUES (1)`);
    await using reader = await sessionOn(database);
    await using emptier = await sessionOn(database);
    for (const session of [reader, emptier]) await session.run("SET lock_timeout = '200ms'");
    await reader.run('BEGIN');
    await reader.run('SELECT FROM t');
    expect(await sqlStateOf(emptier.run('TRUNCATE t'))).toBe('55P03');
    await reader.run('COMMIT');
    await emptier.run('BEGIN');
    await emptier.run('TRUNCATE t');
    expect(await sqlStateOf(reader.run('SELECT FROM t'))).toBe('55P03');
    await emptier.run('ROLLBACK');
    expect(await reader.run('SELECT FROM t')).toHaveLength(1);
  });
});
