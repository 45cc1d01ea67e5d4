import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Server } from '#servers';
import { type TestPostgres, testPostgres, waitFor } from '#testing';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';
import { sessionOn, sqlStateOf } from './testing/session.js';

/**
 * The steps of a commit, one after the other: written, flushed and streamed, in the commit log, visible. On this server a
 * commit that waits for a standby waits for ever, and one that does not wait for the disk gets there seconds later.
 */

let database: TestPostgres<Server>;
let capture: Captured;

beforeAll(async () => {
  database = await testPostgres({
    settings: {
      synchronous_standby_names: 'nobody',
      synchronous_commit: 'local',
      wal_writer_delay: '10s',
      wal_writer_flush_after: '100MB',
      autovacuum: 'off',
    },
  });
  await database.query('CREATE TABLE t (id int PRIMARY KEY)');
  capture = await Captured.begin(createPostgresSource(database.uri), database.database, ['public.t']);
});
afterAll(async () => {
  await capture[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const SEEN = 'EXISTS (SELECT FROM t WHERE id = $1)';

async function isSeen(id: number): Promise<boolean> {
  const [row] = await database.query<{ seen: boolean }>(`SELECT ${SEEN} AS seen`, [id]);
  return row?.seen === true;
}

test('a commit that waits for a standby is streamed, while nobody sees it and it keeps its locks', async () => {
  await using hanging = await sessionOn(database);
  await hanging.run('SET synchronous_commit = on');
  const [{ pid }] = (await hanging.run('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
  const committed = hanging.run('INSERT INTO t VALUES (1)');
  const waits = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'";
  await waitFor(async () => (await database.query(waits, [pid])).length > 0);
  const [change] = await capture.changes();
  expect(change?.tuple).toBe('1');
  expect(await isSeen(1)).toBe(false);
  const transaction = change?.transaction as NonNullable<typeof change>['transaction'];
  expect((await capture.source.visibility()).finished(transaction)).toBe(false);
  await using other = await sessionOn(database);
  await other.run("SET lock_timeout = '200ms'");
  expect(await sqlStateOf(other.run('INSERT INTO t VALUES (1)'))).toBe('55P03');
  await database.query('SELECT pg_cancel_backend($1)', [pid]);
  await committed;
  expect(await isSeen(1)).toBe(true);
  expect((await capture.source.visibility()).finished(transaction)).toBe(true);
});

test('a commit that does not wait for the disk is seen before it is flushed, and not streamed before that', async () => {
  await capture.caughtUp();
  await using careless = await sessionOn(database);
  await careless.run('SET synchronous_commit = off');
  let id = 100;
  // The log is also flushed when a page of it is full.
  await waitFor(async () => {
    await careless.run('INSERT INTO t VALUES ($1)', [++id]);
    const [{ end }] = (await careless.run('SELECT pg_current_wal_insert_lsn()::text AS end')) as [{ end: string }];
    const ahead = `SELECT ${SEEN} AND pg_current_wal_flush_lsn() < $2::pg_lsn AND sent_lsn < $2::pg_lsn AS ahead
      FROM pg_stat_replication`;
    return (await database.query<{ ahead: boolean }>(ahead, [id, end]))[0]?.ahead;
  });
  expect((await capture.changes()).at(-1)?.tuple).toBe(String(id));
});

test('a snapshot ends behind the newest transaction that is over, and not behind the newest that runs', async () => {
  const snapshot = async () =>
    (await capture.source.visibility()) as unknown as { xmax: bigint; inProgress: Set<bigint> };
  await using running = await sessionOn(database);
  await running.run('BEGIN');
  const [{ xid }] = (await running.run('SELECT pg_current_xact_id()::text AS xid')) as [{ xid: string }];
  const before = await snapshot();
  expect(before.xmax).toBeLessThanOrEqual(BigInt(xid));
  expect(before.inProgress.has(BigInt(xid))).toBe(false);
  await database.query('INSERT INTO t VALUES (2)');
  const after = await snapshot();
  expect(after.xmax).toBeGreaterThan(BigInt(xid));
  expect(after.inProgress.has(BigInt(xid))).toBe(true);
  await running.run('ROLLBACK');
  expect((await snapshot()).inProgress.has(BigInt(xid))).toBe(false);
});
