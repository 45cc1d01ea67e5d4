import { connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testPostgres } from '#testing';
import { PostgresConnections } from './connection.js';

describe('connections to PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof testPostgres>>;
  beforeAll(async () => {
    database = await testPostgres();
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  async function withConnections<T>(uri: string, run: (connections: PostgresConnections) => Promise<T>): Promise<T> {
    const connections = new PostgresConnections(uri, { job: 'shop', connectTimeoutMs: 3_000 });
    try {
      return await run(connections);
    } finally {
      await connections.close();
    }
  }

  test('pins the settings on which values depend, over those of the role and the database', async () => {
    await withConnections(database.uri, async (connections) => {
      const [names] = await connections.query<{ db: string }>('SELECT pg_catalog.current_database() AS db');
      for (const setting of [
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'postgres'",
        "timezone = 'Asia/Tokyo'",
        "extra_float_digits = '-3'",
        "bytea_output = 'escape'",
        "search_path = 'public'",
        "statement_timeout = '5s'",
      ]) {
        await connections.execute(`ALTER DATABASE "${names?.db}" SET ${setting}`);
      }
      const client = await connections.client();
      const { rows } = await client.query(
        "SELECT '2024-05-06 07:08:09+02'::timestamptz::text AS t, '1 day'::interval::text AS i, 0.1::float8::text AS f, '\\x00ff'::bytea::text AS b, current_setting('search_path') AS s, current_setting('statement_timeout') AS st, current_setting('default_transaction_read_only') AS ro, current_setting('application_name') AS a",
      );
      expect(rows[0]).toEqual({
        t: '2024-05-06 05:08:09+00',
        i: 'P1D',
        f: '0.1',
        b: '\\x00ff',
        s: '',
        st: '0',
        ro: 'on',
        a: 'millrace shop',
      });
    });
  });

  test('a replication session has the same settings and answers replication commands', async () => {
    await withConnections(database.uri, async (connections) => {
      const client = await connections.replicationClient();
      const { rows } = await client.query('IDENTIFY_SYSTEM');
      expect(rows[0].dbname).toBe(connections.database);
      expect(
        (await client.query("SELECT current_setting('DateStyle') AS d, current_setting('lock_timeout') AS l")).rows[0],
      ).toEqual({ d: 'ISO, MDY', l: '0' });
    });
  });

  test('query refuses to write, execute writes', async () => {
    await withConnections(database.uri, async (connections) => {
      await expect(connections.query('CREATE TABLE public.no (id int)')).rejects.toMatchObject({
        code: 'SOURCE_CONFIGURATION',
        retriable: false,
      });
      await connections.execute('CREATE TABLE public.yes (id int)');
      expect(await connections.query('SELECT 1 AS one FROM public.yes')).toEqual([]);
    });
  });

  test('a session that the server ends is a lost connection, and the next statement has a new one', async () => {
    await withConnections(database.uri, async (connections) => {
      const client = await connections.client();
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
      const sleeping = client
        .query('SELECT pg_sleep(60)')
        .catch((error: unknown) => connections.error(error, 'sleeping', client));
      await connections.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
      expect(await sleeping).toMatchObject({ code: 'SOURCE_CONNECTION_LOST', retriable: true });
      const later = await client.query('SELECT 1').catch((error: unknown) => connections.error(error, 'again', client));
      expect(later).toMatchObject({ code: 'SOURCE_CONNECTION_LOST', retriable: true });
      const [own] = await connections.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await connections.execute('SELECT pg_terminate_backend($1)', [own?.pid]);
      expect(await connections.query('SELECT 1 AS one').catch(() => connections.query('SELECT 1 AS one'))).toEqual([
        { one: 1 },
      ]);
    });
  });

  test('the pool runs no more sessions than it may', async () => {
    const connections = new PostgresConnections(database.uri, { job: 'many', poolSize: 2 });
    try {
      const pids = await Promise.all(
        Array.from({ length: 12 }, () => connections.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')),
      );
      expect(new Set(pids.map((rows) => rows[0]?.pid)).size).toBeLessThanOrEqual(2);
    } finally {
      await connections.close();
    }
  });

  test('close ends every session', async () => {
    const connections = new PostgresConnections(database.uri, { job: 'closing' });
    const client = await connections.client();
    await connections.query('SELECT 1');
    await connections.close();
    expect(client.socket.destroyed).toBe(true);
    await expect(connections.query('SELECT 1')).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_LOST' });
  });

  test('a database, role or password that the server does not take is a refusal for good', async () => {
    const elsewhere = new URL(database.uri);
    elsewhere.pathname = '/no_such_database';
    await expect(withConnections(elsewhere.href, (c) => c.query('SELECT 1'))).rejects.toMatchObject({
      code: 'SOURCE_DATABASE_UNKNOWN',
      retriable: false,
      exit: 4,
    });
    const stranger = new URL(database.uri);
    stranger.username = 'no_such_role';
    stranger.password = 'hunter2';
    const refusal = await withConnections(stranger.href, (c) => c.query('SELECT 1')).catch((error: Error) => error);
    expect(refusal).toMatchObject({ code: 'SOURCE_AUTHENTICATION_FAILED', retriable: false, exit: 4 });
    expect(String(refusal)).not.toContain('hunter2');
  });

  test('nobody listening is unreachable, and may be tried again', async () => {
    await expect(withConnections('postgresql://u@127.0.0.1:1/d', (c) => c.query('SELECT 1'))).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      retriable: true,
      exit: 1,
    });
  });

  test('sslmode=require against a server without TLS says so; prefer goes on without', async () => {
    const required = new URL(database.uri);
    required.searchParams.set('sslmode', 'require');
    const [{ ssl } = { ssl: '' }] = await withConnections(database.uri, (c) =>
      c.query<{ ssl: string }>("SELECT current_setting('ssl') AS ssl"),
    );
    if (ssl === 'off') {
      await expect(withConnections(required.href, (c) => c.query('SELECT 1'))).rejects.toMatchObject({
        code: 'SOURCE_TLS_REQUIRED',
        retriable: false,
      });
    }
  });
});

describe('what is not a PostgreSQL server', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function serve(answer: string | null): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (answer !== null) socket.once('data', () => socket.write(answer));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  }

  test('is named as such', async () => {
    const connections = new PostgresConnections(
      `postgresql://u@127.0.0.1:${await serve('HTTP/1.1 400 Bad Request\r\n')}/d`,
    );
    await expect(connections.query('SELECT 1')).rejects.toMatchObject({
      code: 'SOURCE_NOT_POSTGRES',
      retriable: false,
    });
    const plain = new PostgresConnections(
      `postgresql://u@127.0.0.1:${await serve('HTTP/1.1 400 Bad Request\r\n')}/d?sslmode=disable`,
    );
    await expect(plain.query('SELECT 1')).rejects.toMatchObject({ code: 'SOURCE_NOT_POSTGRES', retriable: false });
  });

  test('a server that goes silent in the middle of a statement is a lost connection', async () => {
    await using database = await testPostgres();
    const { hostname, port } = new URL(database.uri);
    let silent = false;
    const proxy = createServer((near) => {
      const far = connect(Number(port), hostname);
      near
        .on('data', (data) => {
          if (!silent) far.write(data);
        })
        .on('error', () => {})
        .on('close', () => far.destroy());
      far
        .on('data', (data) => {
          if (!silent) near.write(data);
        })
        .on('error', () => {})
        .on('close', () => near.destroy());
    });
    servers.push(proxy);
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const uri = new URL(database.uri);
    uri.port = String((proxy.address() as { port: number }).port);
    const connections = new PostgresConnections(uri.href, { queryTimeoutMs: 300 });
    expect(await connections.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    silent = true;
    await expect(connections.query('SELECT 1')).rejects.toMatchObject({
      code: 'SOURCE_CONNECTION_LOST',
      retriable: true,
    });
    silent = false;
    expect(await connections.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await connections.close();
  });

  test('or says nothing, and the deadline ends it', async () => {
    const port = await serve(null);
    const asking = new PostgresConnections(`postgresql://u@127.0.0.1:${port}/d`, { connectTimeoutMs: 200 });
    await expect(asking.query('SELECT 1')).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retriable: true });
    const plain = new PostgresConnections(`postgresql://u@127.0.0.1:${port}/d?sslmode=disable`, {
      connectTimeoutMs: 200,
    });
    await expect(plain.query('SELECT 1')).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retriable: true });
  });
});
