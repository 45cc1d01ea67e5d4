import { describeRetryQueue } from '../retry-queue-conformance.js';
import { MemoryRetryQueue } from './memory-retry-queue.js';

const TIMERS = {
  now: () => Date.now(),
  setTimeout: (run: () => void, ms: number) => setTimeout(run, ms),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};

describeRetryQueue('MemoryRetryQueue', async ({ touch, holds }) => {
  const failures: unknown[] = [];
  const queue = new MemoryRetryQueue(TIMERS, touch, (error) => failures.push(error), holds);
  return { queue, failures, [Symbol.asyncDispose]: () => queue.stop() };
});
