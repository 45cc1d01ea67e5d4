import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { MillraceError } from '#errors';
import { testPostgres, waitFor } from '#testing';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';

/** What becomes of a slot, and of who the server is, when it dies, falls behind or is promoted. */

const TABLE = 'CREATE TABLE t (id serial PRIMARY KEY, v text)';
const MOST_KILLS = 5;

test('a server that is killed may forget what was confirmed last, and streams it again', async () => {
  await using database = await testPostgres({ dedicated: true });
  await database.query(TABLE);
  await using capture = await Captured.begin(
    createPostgresSource(database.uri, { capture: { statusIntervalMs: 20 } }),
    database.database,
    ['public.t'],
  );
  const confirmed = async (): Promise<bigint> => {
    const sql = "SELECT confirmed_flush_lsn - '0/0'::pg_lsn AS at FROM pg_replication_slots WHERE slot_name = $1";
    return BigInt((await database.query<{ at: string }>(sql, [capture.names.slot]))[0]?.at ?? 0);
  };
  let hasGoneBack = false;
  for (let kills = 0; kills < MOST_KILLS && !hasGoneBack; kills++) {
    const start = await confirmed();
    const [row] = await database.query<{ id: number }>('INSERT INTO t (v) VALUES ($1) RETURNING id', ['x']);
    await capture.caughtUp();
    capture.events.confirmAll();
    await waitFor(async () => (await confirmed()) > start);
    const before = await confirmed();
    await database.server.kill();
    await capture.restart();
    await database.server.restart();
    const after = await waitFor(confirmed);
    expect(after).toBeLessThanOrEqual(before);
    hasGoneBack = after < before;
    const again = (await capture.changes()).map(({ tuple }) => tuple.split('\t')[0]);
    expect(again.includes(String(row?.id))).toBe(hasGoneBack);
  }
  expect(hasGoneBack).toBe(true);
});

test('a slot that is invalidated ends the stream of whoever reads it, and says why to the next', async () => {
  await using database = await testPostgres({
    settings: { max_slot_wal_keep_size: '1MB', wal_keep_size: 0, max_wal_size: '32MB', min_wal_size: '32MB' },
  });
  await database.query(TABLE);
  await using capture = await Captured.begin(
    createPostgresSource(database.uri, { job: 'kit', capture: { watchIntervalMs: 600_000 } }),
    database.database,
    ['public.t'],
  );
  await capture.caughtUp();
  await waitFor(async () => {
    await database.query("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 8000000))");
    await database.query('SELECT pg_switch_wal()');
    await database.query('CHECKPOINT');
    return (await capture.source.captureHealth(capture.names)).lost;
  });
  const failure = await capture.events
    .until(() => false)
    .then(
      () => undefined,
      (error: unknown) => error as MillraceError,
    );
  expect(failure).toMatchObject({ code: 'SOURCE_CONNECTION_LOST', retriable: true });
  await expect(capture.source.checkCapture(capture.names)).rejects.toMatchObject({ code: 'SLOT_LOST' });
});

test('a standby that is promoted is the same system with another history', async () => {
  await using database = await testPostgres({ dedicated: true });
  const source = createPostgresSource(database.uri);
  const before = await source.identity();
  await writeFile(join(database.server.dataDir, 'standby.signal'), '');
  await database.server.restart();
  await waitFor(() => database.query('SELECT pg_promote()'));
  await waitFor(async () => (await source.identity()).history !== before.history);
  expect(await source.identity()).toEqual({ ...before, history: String(Number(before.history) + 1) });
  await source.close();
});

test('a slot that is made anew under its name tells nothing from before', async () => {
  await using database = await testPostgres();
  await database.query(`${TABLE}; CREATE PUBLICATION p FOR TABLE t`);
  const make = () => database.query("SELECT pg_create_logical_replication_slot('anew', 'pgoutput')");
  const told = async (): Promise<string> => {
    const rows = await database.query<{ data: Buffer }>(
      "SELECT data FROM pg_logical_slot_get_binary_changes('anew', NULL, NULL, 'proto_version', '1', 'publication_names', 'p')",
    );
    return Buffer.concat(rows.map(({ data }) => data)).toString('latin1');
  };
  await make();
  await database.query("INSERT INTO t (v) VALUES ('before')");
  await database.query("SELECT pg_drop_replication_slot('anew')");
  await make();
  await database.query("INSERT INTO t (v) VALUES ('since')");
  const changes = await told();
  expect(changes).toContain('since');
  expect(changes).not.toContain('before');
  await database.query("SELECT pg_drop_replication_slot('anew')");
});
