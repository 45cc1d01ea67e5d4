import { toMillraceError } from '../../../../libs/sources/postgres/errors.js';
import { POSTGRES_CODES } from '../../../../libs/sources/postgres/postgres.codes.js';
import { MillraceError } from '#errors';
import { ConnectionLost, type SimProcess } from '../../kernel/index.js';
import type { SimServer } from '../server/server.js';
import { ServerError } from '../server/server-error.js';
import type { Session } from '../server/sessions.js';

/** All connections of one process to the server: each statement is a call, and its errors are those of the real adapter. */
export class SimConnections {
  private closed = false;
  private readonly sessions = new Set<Session>();

  constructor(
    readonly server: SimServer,
    readonly process: SimProcess,
  ) {}

  /** One statement on a session of the pool. */
  call<T>(label: string, run: () => T): Promise<T> {
    return this.explained(label, () =>
      this.server.kernel.call(this.process, label, () => {
        this.server.throwIfDown();
        return run();
      }),
    );
  }

  /** What a statement names; it may be gone, or called otherwise. */
  named<T>(look: (server: SimServer) => T): T {
    try {
      return look(this.server);
    } catch (error) {
      throw errorOf(error, 'looking up what is named');
    }
  }

  /** A session of its own, which the caller closes; `begin` is its first statement. */
  async open<T>(label: string, begin: (session: Session) => T): Promise<{ client: SimClient; answer: T }> {
    const begun: { session?: Session } = {};
    try {
      const answer = await this.call(label, () => {
        begun.session = this.server.sessions.begin(this.process);
        this.keep(begun.session);
        return begin(begun.session);
      });
      return { client: new SimClient(this, begun.session as Session), answer };
    } catch (error) {
      // Where it was carried out and only the answer was lost, the server is left with it.
      if (begun.session) this.server.sessions.noticeEnd(begun.session);
      throw error;
    }
  }

  /** Ends every session, also those of callers. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const end = () => {
      for (const session of this.sessions) session.end(CLOSED);
    };
    await this.server.kernel.call(this.process, 'closes all connections', end).catch(() => undefined);
  }

  private keep(session: Session): void {
    this.sessions.add(session);
    session.onEnd(() => this.sessions.delete(session));
  }

  async explained<T>(doing: string, work: () => Promise<T>): Promise<T> {
    if (this.closed) throw new MillraceError(POSTGRES_CODES.SOURCE_CONNECTION_LOST, 'The connections are closed.');
    try {
      return await work();
    } catch (error) {
      throw errorOf(error, doing);
    }
  }
}

export const CLOSED = new ServerError('57P01', 'closed by the client');

export function errorOf(error: unknown, doing: string): MillraceError {
  const cause = error instanceof ConnectionLost ? Object.assign(error, { code: 'ECONNRESET' }) : error;
  return toMillraceError(cause, { where: 'simulated', doing });
}

/** One session, as the process has it. */
export class SimClient {
  constructor(
    private readonly connections: SimConnections,
    readonly session: Session,
  ) {}

  call<T>(label: string, run: (session: Session) => T): Promise<T> {
    return this.breaking(() =>
      this.connections.call(label, () => {
        this.session.throwIfEnded();
        return run(this.session);
      }),
    );
  }

  /** `attempt` gives undefined as long as the statement has to wait for other transactions. */
  async wait<T>(label: string, begin: (session: Session) => () => T | undefined): Promise<T> {
    const { waits } = this.connections.server;
    const answer = await this.call(label, (session) => waits.answer(session, label, begin(session)));
    if ('value' in answer) return answer.value;
    return this.connections.explained(label, () => answer.later);
  }

  /** Whoever asked may be gone by then: so it never rejects. */
  async close(): Promise<void> {
    if (!this.session.isOpen) return;
    await this.call('closes a connection', (session) => session.end(CLOSED)).catch(() => undefined);
  }

  /** Breaks it at once; the server notices some time later. */
  abort(): void {
    this.connections.server.sessions.noticeEnd(this.session);
  }

  private async breaking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof MillraceError && error.cause instanceof ConnectionLost) this.abort();
      throw error;
    }
  }
}
