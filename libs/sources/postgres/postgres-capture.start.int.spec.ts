import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { type TestPostgres, testPostgres, waitFor } from '#testing';
import { planOfTables } from '../testing/plan-of-tables.js';
import { Captured } from '../testing/captured.js';
import { startCapture } from './capture-start.js';
import { PostgresConnections } from './connection.js';
import { createPostgresSource } from './postgres-source.js';

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, v text)';

/** A session with a transaction of its own id. */
async function session(
  database: TestPostgres<unknown>,
): Promise<{ client: pg.Client; xid: string; [Symbol.asyncDispose](): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.uri });
  await client.connect();
  await client.query('SET synchronous_commit = local; BEGIN');
  const { rows } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::xid::text AS xid');
  return { client, xid: (rows[0] as { xid: string }).xid, [Symbol.asyncDispose]: () => client.end() };
}

async function untilWaitedFor(database: TestPostgres<unknown>, xid: string): Promise<void> {
  await waitFor(
    async () =>
      (await database.query('SELECT 1 FROM pg_locks WHERE NOT granted AND transactionid = $1::xid', [xid])).length > 0,
  );
}

/** The checkpointer makes a setting of standbys hold, some time after it is read: until then commits do not wait. */
async function untilCommitsHang(database: TestPostgres<unknown>): Promise<void> {
  const probe = new pg.Client({ connectionString: database.uri });
  await probe.connect();
  let committed: Promise<unknown> | undefined;
  await waitFor(async () => {
    committed ??= probe.query("SELECT pg_logical_emit_message(true, 'probe', '')").then(() => {
      committed = undefined;
    });
    return (
      (await database.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
        .length > 0
    );
  });
  await committed;
  await probe.end();
}

describe('the start of a capture', () => {
  test('waits for open transactions and misses nothing of them', async () => {
    await using database = await testPostgres();
    await database.query(TABLE);
    await using open = await session(database);
    await open.client.query('INSERT INTO t VALUES (1)');
    let began = false;
    const beginning = Captured.begin(createPostgresSource(database.uri), database.database, ['public.t']).then(
      (capture) => {
        began = true;
        return capture;
      },
    );
    await untilWaitedFor(database, open.xid);
    expect(began).toBe(false);
    await open.client.query('COMMIT');
    await using capture = await beginning;
    expect(await keysOf(capture)).toEqual(['NA1']);
    expect(await capture.changes()).toEqual([]);
  });

  test.each(['oldest', 'newest'])(
    'waits for what is committed in the log and not visible yet (%s)',
    async (version) => {
      await using database = await testPostgres({ version, dedicated: true });
      await database.query(TABLE);
      await using first = await session(database);
      const loading = Captured.begin(createPostgresSource(database.uri), database.database, ['public.t']).then(
        async (capture) => ({ capture, keys: await keysOf(capture) }),
      );
      let done = false;
      void loading.then(
        () => {
          done = true;
        },
        () => {},
      );
      await untilWaitedFor(database, first.xid);
      // Two rounds of waiting, so that the slot becomes consistent while the next transaction hangs in its commit.
      await using second = await session(database);
      await first.client.query('COMMIT');
      await untilWaitedFor(database, second.xid);
      await database.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
      await database.query('SELECT pg_reload_conf()');
      await untilCommitsHang(database);
      const hanging = new pg.Client({ connectionString: database.uri });
      await hanging.connect();
      const committed = hanging.query('INSERT INTO t VALUES (1)');
      await waitFor(
        async () => (await database.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).length > 0,
      );
      await second.client.query('COMMIT');
      const [{ now }] = (await database.query<{ now: Date }>('SELECT clock_timestamp() AS now')) as [{ now: Date }];
      await waitFor(
        async () =>
          done ||
          (
            await database.query(
              "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_current_snapshot()%' AND query NOT LIKE '%clock%' AND pid <> pg_backend_pid() AND query_start > $1::timestamptz + interval '300 ms'",
              [now],
            )
          ).length > 0,
      );
      await database.query('ALTER SYSTEM RESET synchronous_standby_names');
      await database.query('SELECT pg_reload_conf()');
      await committed;
      await hanging.end();
      const { capture, keys } = await loading;
      await using _ = capture;
      expect([...keys, ...(await capture.changes()).map(({ key }) => key)]).toEqual(['NA1']);
    },
  );

  test('gives up when it is told to, and leaves no slot', async () => {
    await using database = await testPostgres();
    await database.query(TABLE);
    await using open = await session(database);
    const source = createPostgresSource(database.uri);
    const plan = planOfTables(await source.catalogue(), 'kit', ['public.t']);
    const names = {
      slot: `millrace_${database.database}`.toLowerCase(),
      publication: `millrace_${database.database}`.toLowerCase(),
    };
    const abort = new AbortController();
    const beginning = source.beginCapture(plan, names, abort.signal);
    await untilWaitedFor(database, open.xid);
    abort.abort();
    await expect(beginning).rejects.toMatchObject({ name: 'AbortError' });
    await waitFor(async () => !(await source.captureHealth(names)).exists);
    await source.close();
  });

  test('whose session ends before its snapshot is read may be tried again', async () => {
    await using database = await testPostgres();
    await database.query(TABLE);
    const source = createPostgresSource(database.uri);
    const plan = planOfTables(await source.catalogue(), database.database, ['public.t']);
    const names = { slot: `${database.database}_s`, publication: `${database.database}_p` };
    const connections = new PostgresConnections(database.uri, {});
    const { client } = connections;
    connections.client = async (...given) => {
      await database.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'walsender' AND datname = $1",
        [database.database],
      );
      return client.apply(connections, given);
    };
    await expect(
      startCapture(
        connections,
        plan,
        names,
        new AbortController().signal,
        () => {},
        async () => {},
      ),
    ).rejects.toMatchObject({
      retriable: true,
    });
    await source.beginCapture(plan, names, new AbortController().signal);
    await source.dropCapture(names, 1_000);
    await connections.close();
    await source.close();
  });
});

async function keysOf(capture: Captured): Promise<string[]> {
  const reader = await capture.source.openReader();
  const [table] = capture.plan.tables;
  const { keys } = await reader.page(table as NonNullable<typeof table>, null, 10);
  await reader.close();
  return keys;
}
