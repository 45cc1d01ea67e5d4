import { describe, expect, test } from '@jest/globals';
import { testPostgres, waitFor } from '#testing';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, v text)';
const CONFIRMED = 'SELECT confirmed_flush_lsn::text AS at FROM pg_replication_slots WHERE slot_name = $1';

describe('the flow of a capture', () => {
  test('moves the slot of an idle job on while others write', async () => {
    await using database = await testPostgres();
    await database.exec(`${TABLE}; CREATE TABLE other (v text)`);
    await using capture = await Captured.begin(createPostgresSource(database.uri), database.database, ['public.t']);
    await capture.caughtUp();
    await database.exec("INSERT INTO other SELECT repeat('x', 1000) FROM generate_series(1, 2000)");
    const [{ at }] = (await database.query<{ at: string }>('SELECT pg_current_wal_lsn()::text AS at')) as [
      { at: string },
    ];
    const { stream } = capture.events;
    const confirming = (async () => {
      for await (const { events } of stream)
        for (const event of events) if (event.op === 'commit') stream.confirm(event.confirm);
    })();
    const past = `SELECT at::pg_lsn >= $2::pg_lsn AS past FROM (${CONFIRMED}) s`;
    await waitFor(async () => (await database.query<{ past: boolean }>(past, [capture.names.slot, at]))[0]?.past);
    await stream.stop();
    await confirming;
  });

  test('confirms nothing by itself, and what is confirmed by the time it stops', async () => {
    await using database = await testPostgres();
    await database.exec(TABLE);
    await using capture = await Captured.begin(
      createPostgresSource(database.uri, { capture: { statusIntervalMs: 60_000 } }),
      database.database,
      ['public.t'],
    );
    const confirmed = async (): Promise<string | undefined> =>
      (await database.query<{ at: string }>(CONFIRMED, [capture.names.slot]))[0]?.at;
    const before = await confirmed();
    await database.exec('INSERT INTO t VALUES (1)');
    await capture.caughtUp();
    expect(await confirmed()).toBe(before);
    capture.events.confirmAll();
    await capture.restart();
    await waitFor(async () => (await confirmed()) !== before);
    expect(await capture.changes()).toEqual([]);
  });

  test('refuses to confirm what was never handed over', async () => {
    await using database = await testPostgres();
    await database.exec(TABLE);
    await using capture = await Captured.begin(createPostgresSource(database.uri), database.database, ['public.t']);
    await capture.caughtUp();
    expect(() => capture.events.stream.confirm(1n << 60n)).toThrow('never handed over');
  });

  test('holds the server back while nobody reads, and is not thrown out for it', async () => {
    await using database = await testPostgres({ settings: { wal_sender_timeout: '1s' } });
    await database.exec(TABLE);
    const source = createPostgresSource(database.uri, { capture: { statusIntervalMs: 100, queueMaxBytes: 100_000 } });
    await using capture = await Captured.begin(source, database.database, ['public.t']);
    await capture.caughtUp();
    await database.exec(`DO $$ BEGIN FOR i IN 1 .. 200 LOOP
      INSERT INTO t SELECT i * 1000 + n, repeat('v', 2000) FROM generate_series(1, 100) n; COMMIT; END LOOP; END $$`);
    const sender =
      "SELECT sent_lsn < pg_current_wal_lsn() AS behind, now() - backend_start > interval '4s' AND now() - reply_time < interval '1s' AS alive FROM pg_stat_replication";
    await waitFor(async () => (await database.query<{ alive: boolean }>(sender))[0]?.alive);
    expect((await database.query<{ behind: boolean }>(sender))[0]?.behind).toBe(true);
    expect(await capture.changes()).toHaveLength(20_000);
  });
});
