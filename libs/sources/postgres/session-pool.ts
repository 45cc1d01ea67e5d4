import type pg from 'pg';
import { sqlStateOf } from './errors.js';
import type { SourceClient } from './session.js';

export interface SessionPoolOptions {
  size: number;
  queryTimeoutMs: number;
  /** An unused session is ended after so long. */
  idleMs?: number;
}

interface Idle {
  client: SourceClient;
  timer: NodeJS.Timeout;
}

/** Few sessions for single statements. A session on which a statement lost its connection is not used again. */
export class SessionPool {
  readonly #open: () => Promise<SourceClient>;
  readonly #options: SessionPoolOptions;
  readonly #idle: Idle[] = [];
  readonly #waiting: (() => void)[] = [];
  #used = 0;
  #closed = false;

  constructor(open: () => Promise<SourceClient>, options: SessionPoolOptions) {
    this.#open = open;
    this.#options = options;
  }

  async query<T extends pg.QueryResultRow>(sql: string, params: readonly unknown[]): Promise<T[]> {
    await this.#turn();
    try {
      const client = this.#take() ?? (await this.#open());
      try {
        return await this.#timed<T>(client, sql, params);
      } catch (error) {
        if (!sessionGoesOn(error)) client.abort(client.lost ?? (error as Error));
        throw client.lost ?? error;
      } finally {
        this.#give(client);
      }
    } finally {
      this.#used--;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      this.#idle.splice(0).map(({ client, timer }) => {
        clearTimeout(timer);
        return client.close();
      }),
    );
  }

  async #turn(): Promise<void> {
    while (this.#used >= this.#options.size) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#used++;
  }

  #take(): SourceClient | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (!idle.client.lost) return idle.client;
    }
    return undefined;
  }

  #give(client: SourceClient): void {
    if (client.lost) return;
    if (this.#closed) return void client.close();
    const timer = setTimeout(() => this.#retire(client), this.#options.idleMs ?? 30_000);
    timer.unref();
    this.#idle.push({ client, timer });
  }

  #retire(client: SourceClient): void {
    const index = this.#idle.findIndex((idle) => idle.client === client);
    if (index >= 0) this.#idle.splice(index, 1);
    void client.close();
  }

  async #timed<T extends pg.QueryResultRow>(
    client: SourceClient,
    sql: string,
    params: readonly unknown[],
  ): Promise<T[]> {
    const timer = setTimeout(
      () => client.abort(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
      this.#options.queryTimeoutMs,
    );
    try {
      const { rows } = await client.query<T>(sql, params as unknown[]);
      return rows;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** An ordinary error of the server ends a statement; a shutdown, a timeout of the session or a broken socket ends the session. */
function sessionGoesOn(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && !/^(57P|08|25P0[345])/.test(state);
}
