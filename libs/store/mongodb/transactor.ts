import { setMaxListeners } from 'node:events';
import type { ClientSession } from 'mongodb';
import { DocumentRefused, FenceMissing, type StoreTransaction, TransactionTooLarge } from '../store.js';
import { sleep } from './backoff.js';
import type { Databases } from './databases.js';
import { type Effort, isUnknownCommit, permanentError, verdictOf } from './failures.js';
import type { RepeatContext } from './repeats.js';
import { TransactionWriter } from './transaction-writer.js';

/** So many aborts by a limit of time or cache, and the work counts as too large. */
const LIMITS_TO_GIVE_UP = 3;

const TRANSACTION = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority' },
  readPreference: 'primary',
} as const;

/**
 * Runs work in transactions until one commits. The driver's `withTransaction` gives up after two minutes and cannot tell
 * a limit from a conflict, hence a loop of our own over the same labels.
 *
 * - A commit with an unknown result is asked again, without end: the server answers it from the session's record. Only
 *   where it answers that there is no such transaction did it not happen, and the work runs again.
 * - Work that swallowed a failed call does not commit: the call's error is the outcome.
 */
export class Transactor {
  readonly #open = new Set<Promise<unknown>>();

  constructor(
    private readonly databases: Databases,
    private readonly context: RepeatContext,
  ) {}

  async transact<T>(label: string, work: (tx: StoreTransaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { pauses, closed, onRetry } = this.context;
    // One signal is shared by all transactions of an actor, each with a listener while it runs: that is no leak.
    if (signal) setMaxListeners(0, signal);
    let limits = 0;
    for (let attempt = 1; ; attempt++) {
      this.#throwIfAborted(signal);
      const began = performance.now();
      const effort: Effort = { elapsedMs: 0, bytes: 0 };
      try {
        return await this.#known(this.#once(label, work, effort, signal));
      } catch (error) {
        this.#throwIfAborted(signal);
        effort.elapsedMs = performance.now() - began;
        const verdict = verdictOf(error, effort);
        if (verdict === 'permanent') throw permanentError(error);
        if (verdict === 'limit') limits++;
        if (verdict === 'tooLarge' || limits >= LIMITS_TO_GIVE_UP) throw tooLarge(label, error);
        onRetry(label, error, attempt);
        await sleep(verdict === 'conflict' ? pauses.conflict(attempt) : pauses.lost(attempt), [signal, closed]);
      }
    }
  }

  /** Resolves when no transaction is open any more: one that outlives its connection holds what it wrote until the server ends it. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#open);
  }

  async #known<T>(attempt: Promise<T>): Promise<T> {
    this.#open.add(attempt);
    try {
      return await attempt;
    } finally {
      this.#open.delete(attempt);
    }
  }

  async #once<T>(
    label: string,
    work: (tx: StoreTransaction) => Promise<T>,
    effort: Effort,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const session = this.context.client.startSession({ causalConsistency: true });
    this.context.clock.advance(session);
    session.startTransaction(TRANSACTION);
    const options = signal ? { session, signal } : { session };
    const tx = new TransactionWriter(this.databases, async (call) => {
      this.context.closed.throwIfAborted();
      return call(options);
    });
    try {
      const result = await work(tx);
      if (tx.failure !== undefined) throw tx.failure;
      await this.#commit(label, session, signal);
      return result;
    } catch (error) {
      await abort(session);
      throw isOutcome(error) ? error : (tx.failure ?? error);
    } finally {
      effort.bytes = tx.bytes;
      this.context.clock.observe(session);
      await session.endSession();
    }
  }

  async #commit(label: string, session: ClientSession, signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await session.commitTransaction();
        return;
      } catch (error) {
        this.#throwIfAborted(signal);
        if (!isUnknownCommit(error)) throw error;
        this.context.onRetry(label, error, attempt);
        await sleep(this.context.pauses.lost(attempt), [signal, this.context.closed]);
      }
    }
  }

  #throwIfAborted(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    this.context.closed.throwIfAborted();
  }
}

async function abort(session: ClientSession): Promise<void> {
  if (!session.inTransaction()) return;
  try {
    await session.abortTransaction();
  } catch {
    // The server aborts it by itself: at once when it has failed, else at the limit of a transaction's life.
  }
}

function isOutcome(error: unknown): boolean {
  return error instanceof DocumentRefused || error instanceof FenceMissing;
}

function tooLarge(label: string, cause: unknown): TransactionTooLarge {
  return new TransactionTooLarge(`${label}: aborted by a limit of time, size or cache, again and again`, { cause });
}
