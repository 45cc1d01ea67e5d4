import { describe, expect, test } from '@jest/globals';
import type { MillraceError } from '#errors';
import { type TestPostgres, testPostgres, waitFor } from '#testing';
import type { CaptureStream } from '../source.js';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, v text)';

async function capturing(database: TestPostgres<unknown>): Promise<Captured> {
  await database.query(TABLE);
  return Captured.begin(
    createPostgresSource(database.uri, { job: 'kit', capture: { watchIntervalMs: 100 } }),
    database.database,
    ['public.t'],
  );
}

async function failureOf(stream: CaptureStream): Promise<MillraceError> {
  try {
    for await (const _ of stream) void _;
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('the stream ended without an error');
}

describe.each(['oldest', 'newest'] as const)('the capture of PostgreSQL (%s) in trouble', (version) => {
  test('breaks retriably when the server is killed, and loses nothing after it is back', async () => {
    await using database = await testPostgres({ version, dedicated: true });
    await using capture = await capturing(database);
    await database.query('INSERT INTO t VALUES (1)');
    await capture.events.until((event) => event.op === 'upsert');
    await capture.events.until((event) => event.op === 'commit');
    capture.events.confirmAll();
    await database.query('INSERT INTO t VALUES (2)');
    await capture.events.until((event) => event.op === 'upsert');
    const failure = capture.events
      .until(() => false)
      .then(
        () => undefined,
        (error: unknown) => error as MillraceError,
      );
    await database.server.kill();
    expect(await failure).toMatchObject({ name: 'MillraceError', retriable: true });
    await capture.restart();
    const down = createPostgresSource(database.uri);
    await expect(down.captureHealth(capture.names)).rejects.toMatchObject({ retriable: true });
    await down.close();
    await database.server.restart();
    await waitFor(() => database.query('INSERT INTO t VALUES (3)'));
    const ids = (await capture.changes()).map(({ tuple }) => tuple[0]);
    expect(ids.slice(-2)).toEqual(['2', '3']);
  });

  test('ends a former user of its slot that lingers', async () => {
    await using database = await testPostgres({ version });
    await using former = await capturing(database);
    await former.caughtUp();
    const source = createPostgresSource(database.uri, { capture: { takeOverAfterMs: 300 } });
    await database.query('INSERT INTO t VALUES (1)');
    const stream = source.capture(former.plan, former.names, 1);
    const first = await stream[Symbol.asyncIterator]().next();
    expect(first.done).toBe(false);
    expect(await failureOf(former.events.stream)).toMatchObject({ retriable: true });
    await stream.stop();
    await source.close();
  });

  test('says for good that the slot is missing, and not that it might come back', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database);
    await capture.source.dropCapture(capture.names, 100);
    expect(await failureOf(capture.events.stream)).toMatchObject({ code: 'SLOT_MISSING', retriable: false });
  });

  test('says for good that the publication is missing, also where it is dropped while it streams', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database);
    await capture.caughtUp();
    await database.query(`DROP PUBLICATION ${capture.names.publication}`);
    await database.query('INSERT INTO t VALUES (1)');
    expect(await failureOf(capture.events.stream)).toMatchObject({ code: 'PUBLICATION_MISSING', retriable: false });
    await capture.restart();
    expect(await failureOf(capture.events.stream)).toMatchObject({ code: 'PUBLICATION_MISSING', retriable: false });
  });

  test('says for good that the slot was invalidated', async () => {
    await using database = await testPostgres({
      version,
      settings: { max_slot_wal_keep_size: '1MB', wal_keep_size: 0, max_wal_size: '32MB', min_wal_size: '32MB' },
    });
    await using capture = await capturing(database);
    await waitFor(async () => {
      await database.query("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 8000000))");
      await database.query('SELECT pg_switch_wal()');
      await database.query('CHECKPOINT');
      return (await capture.source.captureHealth(capture.names)).lost;
    });
    expect(await failureOf(capture.events.stream)).toMatchObject({ code: 'SLOT_LOST', retriable: false });
  });

  test('fails no statement of the application when it is begun and dropped again and again', async () => {
    await using database = await testPostgres({ version });
    await using capture = await capturing(database);
    await database.query('CREATE TABLE child (extra int) INHERITS (t)');
    await database.query('INSERT INTO t SELECT i FROM generate_series(1, 8) i');
    let writing = true;
    const writers = [1, 2, 3, 4].map(async (id) => {
      while (writing) await database.query(`UPDATE t SET v = 'w' WHERE id = ${id}`);
    });
    for (let i = 0; i < 5; i++) {
      await capture.source.dropCapture(capture.names, 100);
      await capture.source.beginCapture(capture.plan, capture.names, new AbortController().signal);
    }
    writing = false;
    await expect(Promise.all(writers)).resolves.toHaveLength(4);
  });

  test('is begun anew over what a former try left', async () => {
    await using database = await testPostgres({ version });
    await using former = await capturing(database);
    await former.caughtUp();
    const source = createPostgresSource(database.uri);
    await source.beginCapture(former.plan, former.names, new AbortController().signal);
    await database.query('INSERT INTO t VALUES (1)');
    await using again = await Captured.begin(source, database.database, ['public.t']);
    await database.query('INSERT INTO t VALUES (2)');
    expect((await again.changes()).map(({ tuple }) => tuple[0])).toEqual(['2']);
  }, 30_000);
});
