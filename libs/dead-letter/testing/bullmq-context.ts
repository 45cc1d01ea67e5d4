import type { RetryQueueContext } from '../retry-queue-conformance.js';
import type { RetryTimers, TouchAgain } from '../retry-queue.js';
import type { BullmqOptions, RetryQueueNotice } from '../bullmq/bullmq-options.js';
import { BullmqRetryQueue } from '../bullmq/bullmq-retry-queue.js';

export const REAL_TIMERS: RetryTimers = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

export interface BullmqContext extends RetryQueueContext {
  queue: BullmqRetryQueue;
  troubles: (string | undefined)[];
  notices: RetryQueueNotice[];
}

/** One replica's queue; those with one name on one Redis share it. */
export function openQueue(
  touch: TouchAgain,
  options: Partial<BullmqOptions> & { uri: string },
  name = 'shop.1',
): BullmqContext {
  const failures: unknown[] = [];
  const troubles: (string | undefined)[] = [];
  const notices: RetryQueueNotice[] = [];
  const queue = new BullmqRetryQueue(
    {
      prefix: 'millrace-test',
      retriesPerSecond: 100_000,
      jitterMs: 0,
      onTrouble: (message) => troubles.push(message),
      onNotice: (notice) => notices.push(notice),
      ...options,
    },
    { name, timers: REAL_TIMERS, touch, onFailure: (error) => failures.push(error) },
  );
  return { queue, failures, troubles, notices, [Symbol.asyncDispose]: () => queue.stop() };
}
