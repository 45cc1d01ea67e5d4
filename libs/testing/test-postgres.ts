import pg from 'pg';
import { POSTGRES_VERSIONS, type Server, startPostgres } from '#servers';
import { freshName, type SharedServer, sharedServer } from './shared-server.js';
import { waitFor } from './wait-for.js';

export interface TestPostgresOptions {
  /** A major version; what is installed where absent. Means nothing where MILLRACE_TEST_PG_URI names the server. */
  version?: 'oldest' | 'newest' | (string & {});
  /** A server of the test's own, which it may kill and restart. */
  dedicated?: boolean;
  /** Of a server of the test's own. */
  settings?: Record<string, string | number | boolean>;
}

/** A fresh database, dropped with the slots in it when the context ends. */
export interface TestPostgres<S = SharedServer> extends AsyncDisposable {
  /** Of the database, as a superuser. */
  uri: string;
  database: string;
  server: S;
  /** One statement, with `$1` parameters; gives the rows. */
  query<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R[]>;
  /** Any number of statements. */
  exec(sql: string): Promise<void>;
}

type Dedicated = TestPostgresOptions &
  ({ dedicated: true } | { settings: NonNullable<TestPostgresOptions['settings']> });

export function testPostgres(options: Dedicated): Promise<TestPostgres<Server>>;
export function testPostgres(options?: TestPostgresOptions): Promise<TestPostgres>;
export async function testPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres<Server | SharedServer>> {
  const version = majorOf(options.version);
  const wanted = version ? { version } : {};
  if (options.dedicated || options.settings) {
    const server = await startPostgres({ ...wanted, ...(options.settings ? { settings: options.settings } : {}) });
    return contextOn(server, () => server.stop());
  }
  const uri = process.env['MILLRACE_TEST_PG_URI'];
  const server = uri
    ? { uri, version: await versionOf(uri) }
    : await sharedServer(`postgres-${version ?? 'any'}`, (owner) => startPostgres({ ...wanted, owner }));
  return contextOn(server);
}

function majorOf(version: string | undefined): string | undefined {
  if (version === 'oldest') return POSTGRES_VERSIONS[0];
  if (version === 'newest') return POSTGRES_VERSIONS.at(-1);
  return version;
}

async function contextOn<S extends SharedServer>(server: S, stop?: () => Promise<void>): Promise<TestPostgres<S>> {
  const database = freshName();
  await onServer(server.uri, (admin) => admin.query(`CREATE DATABASE ${database}`));
  const location = new URL(server.uri);
  location.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: location.href, max: 4 });
  pool.on('error', () => {}); // A connection that breaks while idle: the next query gets a new one.
  return {
    uri: location.href,
    database,
    server,
    query: async <R>(sql: string, params?: unknown[]) => (await pool.query(sql, params)).rows as R[],
    exec: async (sql) => void (await pool.query(sql)),
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      if (stop) await stop();
      else await onServer(server.uri, (admin) => drop(admin, database));
    },
  };
}

async function onServer<T>(uri: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: uri });
  admin.on('error', () => {});
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

async function versionOf(uri: string): Promise<string> {
  const { rows } = await onServer(uri, (admin) => admin.query('SHOW server_version'));
  return String(rows[0].server_version).split(' ')[0] ?? '';
}

/** A database with a slot in it cannot be dropped, nor a slot that is being read. */
async function drop(admin: pg.Client, database: string): Promise<void> {
  await waitFor(async () => {
    const slots = 'FROM pg_replication_slots WHERE database = $1';
    await admin.query(`SELECT pg_terminate_backend(active_pid) ${slots} AND active`, [database]);
    await admin.query(`SELECT pg_drop_replication_slot(slot_name) ${slots} AND NOT active`, [database]);
    return (await admin.query(`SELECT 1 ${slots}`, [database])).rowCount === 0;
  });
  await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
}
