/** Touches, as the retry queue sends them; resolves when they have been carried out or are durable. */
export type TouchAgain = (collection: number, roots: readonly string[]) => Promise<unknown>;

export interface RetryTimers {
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** What a river gives to its retry queue. */
export interface RetryQueueParts {
  /** Of one load of a job: whoever says the same shares the queue, where it is one that can be shared. */
  name: string;
  timers: RetryTimers;
  touch: TouchAgain;
  /** A touch that failed for good. */
  onFailure: (error: unknown) => void;
}

export type MakeRetryQueue = (parts: RetryQueueParts) => RetryQueue;

/**
 * The port to what schedules touches: retries of dead letters when they are due, claims that became free. How often a letter
 * is tried again, and when, is the letter's own (`attempts`, `nextAt`); the queue counts nothing. It holds nothing that
 * cannot be found again in the letters, and never blocks the writer.
 *
 * - **Order.** Roots are touched when they are due, those of one time in any order; how many at a time is bounded.
 * - **Acknowledged when.** `add` acknowledges nothing. A root leaves the queue when its touch has resolved or failed for good.
 * - **Repeats.** At least once: a root may be touched again, and a touch that nobody needs does no harm. The same root again
 *   takes the earlier of both times. A root that is added while it is being touched may be left to the letters.
 * - **Failure.** What does not fit, or was lost, is left to the letters: `lacks` says so, and whoever fills the queue from
 *   them adds it again. A touch that fails for good is told to `onFailure`.
 */
export interface RetryQueue {
  /** Returns at once, and never throws; due now unless `dueMs` says otherwise. */
  add(collection: number, roots: readonly string[], dueMs?: number): void;
  /** Whether letters were left out since it was last asked, and there is room again: those that are due are to be added. */
  lacks(): boolean;
  /** Whether nothing is due and nothing under way; letters whose time has not come hold nobody up. */
  idle(): Promise<boolean>;
  /** Touches nothing more; what is under way has a moment to end. */
  stop(): Promise<void>;
}
