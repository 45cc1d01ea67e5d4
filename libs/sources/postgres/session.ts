import type { Socket } from 'node:net';
import pg from 'pg';

/** Every value as the server's own text: for what becomes tuples. Per query (`types`), or for a whole session. */
export const TEXT_TYPES = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;

export interface SessionOptions {
  /** Transactions are read-only unless they say otherwise; the default. */
  readOnly?: boolean;
  /** How long to wait for a lock; 0: without end. The default gives up, so that a reader never hangs behind DDL. */
  lockTimeoutMs?: number;
  /** A walsender of this database: simple queries, replication commands. It never gives up on locks. */
  replication?: boolean;
  /** All values as text. */
  text?: boolean;
}

const LOCK_TIMEOUT_MS = 30_000;

/**
 * Settings on which the text of values depends, and on which the safety of reading does. They are sent when the session
 * is opened, so they hold for walsenders too and win over those of role and database; `RESET` comes back to them.
 * `row_security=off`: a policy that would hide rows makes the read fail rather than lose them in silence.
 */
export function sessionSettings(options: SessionOptions): Record<string, string> {
  return {
    DateStyle: 'ISO,MDY',
    IntervalStyle: 'iso_8601',
    TimeZone: 'UTC',
    extra_float_digits: '3',
    bytea_output: 'hex',
    standard_conforming_strings: 'on',
    xmlbinary: 'base64',
    search_path: '',
    quote_all_identifiers: 'off',
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    idle_session_timeout: '0',
    lock_timeout: String(options.replication ? 0 : (options.lockTimeoutMs ?? LOCK_TIMEOUT_MS)),
    default_transaction_isolation: 'read committed',
    default_transaction_deferrable: 'off',
    default_transaction_read_only: options.replication || options.readOnly === false ? 'off' : 'on',
    row_security: 'off',
    jit: 'off',
    tcp_keepalives_idle: '30',
    tcp_keepalives_interval: '10',
    tcp_keepalives_count: '3',
  };
}

/** As the server's command line has them: backslashes before spaces and backslashes. */
export function settingsAsOptions(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
    .join(' ');
}

/** A client over a socket that is already connected, which remembers what broke it. */
export class SourceClient extends pg.Client {
  /** Why the session is no longer usable. */
  lost: Error | undefined;
  readonly socket: Socket;
  #closing = false;

  constructor(socket: Socket, config: pg.ClientConfig) {
    super({ ...config, stream: () => preconnected(socket) } as pg.ClientConfig);
    this.socket = socket;
    this.on('error', (error: Error) => {
      this.lost ??= error;
    });
    socket.on('error', (error: Error) => {
      this.lost ??= error;
    });
    socket.once('end', () => {
      if (!this.#closing) socket.destroy(closedByServer());
    });
    socket.once('close', () => {
      this.lost ??= closedByServer();
    });
  }

  /** Ends the session politely; after `graceMs` by closing the socket. Never rejects. */
  async close(graceMs = 2_000): Promise<void> {
    this.#closing = true;
    const timer = setTimeout(() => this.socket.destroy(), graceMs);
    try {
      if (this.lost) this.socket.destroy();
      else await this.end();
    } catch {
      this.socket.destroy();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Breaks the session now: whatever runs on it fails as a lost connection. */
  abort(reason: Error = closedByServer()): void {
    this.lost ??= reason;
    this.socket.destroy(reason);
  }
}

/** The driver connects by itself; here it only hears that this has happened. */
function preconnected(socket: Socket): Socket {
  socket.connect = () => {
    queueMicrotask(() => socket.emit('connect'));
    return socket;
  };
  return socket;
}

function closedByServer(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
