import type { MongoClient } from 'mongodb';
import { type Pauses, sleep } from './backoff.js';
import { permanentError, verdictOf } from './failures.js';
import type { CallOptions } from './mongo-reader.js';
import type { OperationClock } from './operation-clock.js';

/** Told of every repeat, for status and metrics. `attempt` counts from 1. */
export type OnRetry = (label: string, error: unknown, attempt: number) => void;

export interface RepeatContext {
  client: MongoClient;
  clock: OperationClock;
  pauses: Pauses;
  onRetry: OnRetry;
  /** Raised when the store closes. */
  closed: AbortSignal;
}

/**
 * Runs a call outside of transactions in a causal session of its own, again and again while its failure is transient,
 * until the store closes. So it must be safe to repeat: a read, or a command that says what is to be.
 */
export async function repeat<T>(
  context: RepeatContext,
  label: string,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    context.closed.throwIfAborted();
    const session = context.client.startSession({ causalConsistency: true });
    context.clock.advance(session);
    try {
      return await call({ session });
    } catch (error) {
      context.closed.throwIfAborted();
      const verdict = verdictOf(error);
      if (verdict === 'permanent' || verdict === 'tooLarge') throw permanentError(error);
      context.onRetry(label, error, attempt);
      const pause = verdict === 'lost' ? context.pauses.lost(attempt) : context.pauses.conflict(attempt);
      await sleep(pause, [context.closed]);
    } finally {
      context.clock.observe(session);
      await session.endSession();
    }
  }
}
