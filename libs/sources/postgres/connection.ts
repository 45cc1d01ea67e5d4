import type pg from 'pg';
import { MillraceError } from '#errors';
import { parsePostgresUri, type PostgresTarget } from './connection-uri.js';
import { toMillraceError } from './errors.js';
import { POSTGRES_CODES } from './postgres.codes.js';
import { SessionPool } from './session-pool.js';
import { sessionSettings, settingsAsOptions, SourceClient, TEXT_TYPES, type SessionOptions } from './session.js';
import { isUnix, openSocket, watchFirstMessage } from './socket.js';

export interface ConnectionsOptions {
  /** Shown as the application's name, `millrace <job>`. */
  job?: string;
  /** Sessions for `query`, and as many for `execute`. */
  poolSize?: number;
  connectTimeoutMs?: number;
  /** A pooled statement that takes longer counts as a connection that died in silence. */
  queryTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 300_000;

/**
 * All connections to one PostgreSQL server, with pinned settings. What it throws is a MillraceError, `retriable` where
 * trying again may help; nothing is tried again here. Statements on a `client()` of its own throw the driver's errors:
 * pass them through `error()`.
 */
export class PostgresConnections {
  /** `host:port/database`. */
  readonly where: string;
  readonly #target: PostgresTarget;
  readonly #options: ConnectionsOptions;
  readonly #reads: SessionPool;
  readonly #writes: SessionPool;
  /** Whether the last session that could be opened was encrypted: tried first the next time. */
  #encrypted: boolean | undefined;
  #closed = false;
  readonly #open = new Set<SourceClient>();

  constructor(uri: string, options: ConnectionsOptions = {}) {
    this.#target = parsePostgresUri(uri);
    this.#options = options;
    this.where = this.#target.where;
    const pool = { size: options.poolSize ?? 4, queryTimeoutMs: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS };
    this.#reads = new SessionPool(() => this.client(), pool);
    this.#writes = new SessionPool(() => this.client({ readOnly: false }), pool);
  }

  get user(): string {
    return this.#target.user;
  }

  get database(): string {
    return this.#target.database;
  }

  /** A session of its own, which the caller closes with `close()`. Read-only unless asked otherwise. */
  async client(options: SessionOptions = {}): Promise<SourceClient> {
    const attempts = this.#attempts();
    for (const [index, encrypted] of attempts.entries()) {
      try {
        return await this.#connect(encrypted, options);
      } catch (error) {
        const failure = toMillraceError(error, { where: this.where, connecting: true });
        if (index === attempts.length - 1 || !worthTheOther(failure)) throw failure;
      }
    }
    throw new Error('unreachable');
  }

  /** A session that speaks the replication protocol for this database: simple queries only, no parameters. */
  replicationClient(): Promise<SourceClient> {
    return this.client({ replication: true, readOnly: false });
  }

  /** One read-only statement on a pooled session; values as node-postgres parses them. */
  query<T extends pg.QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return this.#pooled(this.#reads, sql, params);
  }

  /** One statement that may write, on a pooled session. */
  execute<T extends pg.QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return this.#pooled(this.#writes, sql, params);
  }

  /** What an error on one of the sessions means. `doing` as in "reading public.orders". */
  error(error: unknown, doing?: string, client?: SourceClient): MillraceError {
    return toMillraceError(error, { where: this.where, ...(doing ? { doing } : {}), ...(client ? { client } : {}) });
  }

  /** Ends every session, also those of callers. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#reads.close(), this.#writes.close()]);
    await Promise.all([...this.#open].map((client) => client.close()));
  }

  async #pooled<T extends pg.QueryResultRow>(pool: SessionPool, sql: string, params: readonly unknown[]): Promise<T[]> {
    try {
      return await pool.query<T>(sql, params);
    } catch (error) {
      throw this.error(error);
    }
  }

  /** libpq's order: `prefer` first encrypted, `allow` first not; the one that last worked before both. */
  #attempts(): boolean[] {
    const { mode } = this.#target.ssl;
    if (mode === 'disable' || isUnix(this.#target)) return [false];
    if (mode !== 'prefer' && mode !== 'allow') return [true];
    const first = this.#encrypted ?? mode === 'prefer';
    return [first, !first];
  }

  async #connect(encrypted: boolean, options: SessionOptions): Promise<SourceClient> {
    if (this.#closed) throw this.#isClosed();
    const timeoutMs = this.#options.connectTimeoutMs ?? this.#target.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(timedOut()), timeoutMs);
    let client: SourceClient | undefined;
    try {
      const socket = await openSocket(this.#target, encrypted, deadline.signal);
      client = new SourceClient(socket, this.#clientConfig(options));
      if (this.#target.ssl.channelBinding) requireChannelBinding(client, this.where);
      const opening = client;
      watchFirstMessage(socket, this.#target, (error) => opening.abort(error));
      deadline.signal.addEventListener('abort', () => opening.abort(timedOut()), { once: true });
      await opening.connect();
      await unlimitTransactions(opening);
    } catch (error) {
      client?.abort();
      throw client?.lost && codeless(error) ? client.lost : error;
    } finally {
      clearTimeout(timer);
    }
    if (this.#closed) {
      await client.close();
      throw this.#isClosed();
    }
    this.#encrypted = encrypted;
    this.#open.add(client);
    const { socket } = client;
    socket.once('close', () => this.#open.delete(client));
    return client;
  }

  #isClosed(): MillraceError {
    return new MillraceError(POSTGRES_CODES.SOURCE_CONNECTION_LOST, `The connections to ${this.where} are closed.`);
  }

  #clientConfig(options: SessionOptions): pg.ClientConfig {
    const target = this.#target;
    const settings = settingsAsOptions(sessionSettings(options));
    return {
      host: target.host,
      port: target.port,
      user: target.user,
      database: target.database,
      ssl: false,
      password:
        target.password ??
        (() => {
          throw noPassword(this.where);
        }),
      application_name: this.#options.job ? `millrace ${this.#options.job}` : 'millrace',
      options: target.options ? `${target.options} ${settings}` : settings,
      enableChannelBinding: target.ssl.channelBinding,
      ...(options.text ? { types: TEXT_TYPES } : {}),
      ...(options.replication ? { replication: 'database' } : {}),
    } as pg.ClientConfig;
  }
}

/** Where the server may think otherwise of the other way: it does not offer TLS, TLS fails, or pg_hba.conf has no such line. */
function worthTheOther(failure: MillraceError): boolean {
  return ['SOURCE_TLS_REQUIRED', 'SOURCE_TLS_FAILED'].includes(failure.code) || failure.context['sqlstate'] === '28000';
}

/** PostgreSQL 17 and later can end long transactions too; older ones do not know the setting. */
async function unlimitTransactions(client: SourceClient): Promise<void> {
  await client.query(
    "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout' AND setting <> '0'",
  );
}

/** The driver binds where the server offers it, and else goes on in silence: so the offer is looked at first. */
function requireChannelBinding(client: SourceClient, where: string): void {
  const connection = (client as unknown as { connection: NodeJS.EventEmitter }).connection;
  const refuse = (): void =>
    client.abort(
      new MillraceError(
        POSTGRES_CODES.SOURCE_AUTHENTICATION_FAILED,
        `The server at ${where} does not offer channel binding, which the source URI requires.`,
      ),
    );
  connection.on('authenticationCleartextPassword', refuse).on('authenticationMD5Password', refuse);
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: string[] }) => {
    if (!mechanisms.includes('SCRAM-SHA-256-PLUS')) refuse();
  });
}

function noPassword(where: string): MillraceError {
  return new MillraceError(
    POSTGRES_CODES.SOURCE_AUTHENTICATION_FAILED,
    `The server at ${where} asks for a password, and the source URI has none.`,
  );
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}

function codeless(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code !== 'string';
}

export type { SessionOptions, SourceClient };
