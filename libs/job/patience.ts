import { MillraceError } from '#errors';

export interface JobTimers {
  now(): number;
  /** By a clock that nobody sets. */
  elapsed?(): number;
  /** Rejects when the signal is raised. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
}

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/**
 * Repeats work on transient trouble with back-off, until the engine stops: trouble is shown, and nothing else happens.
 * What is not transient is thrown as it is.
 */
export class Patience {
  private readonly troubles = new Map<symbol, string>();

  constructor(
    private readonly timers: JobTimers,
    private readonly signal: AbortSignal,
    private readonly onTrouble: (message: string | undefined) => void,
  ) {}

  readonly patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    const name = Symbol();
    try {
      for (let attempt = 0; ; attempt++) {
        this.signal.throwIfAborted();
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof MillraceError) || !error.retriable) throw error;
          this.tell(name, error.message);
          await this.backOff(attempt);
        }
      }
    } finally {
      this.tell(name, undefined);
    }
  };

  async backOff(attempt: number): Promise<void> {
    const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
    await this.timers.wait(ms * (0.5 + this.timers.random() / 2), this.signal);
  }

  /** After a failure of something long-lived: shows the trouble until the server answers again. */
  async waitOut(
    error: MillraceError,
    attempt: number,
    probe: () => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    const name = Symbol();
    this.tell(name, error.message);
    const over = new AbortController();
    const given = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
    });
    const answered = this.backOff(attempt).then(() => this.patiently(probe));
    try {
      await Promise.race([answered, given]);
    } catch (failure) {
      if (!signal.aborted && !this.signal.aborted) throw failure;
    } finally {
      over.abort();
      answered.catch(() => undefined);
      this.tell(name, undefined);
    }
  }

  private tell(name: symbol, message: string | undefined): void {
    const before = this.troubles.size;
    if (message === undefined) this.troubles.delete(name);
    else this.troubles.set(name, message);
    if (message !== undefined) this.onTrouble(message);
    else if (before > 0 && this.troubles.size === 0) this.onTrouble(undefined);
  }
}
