import { expect, test } from '@jest/globals';
import { MemoryRetryQueue } from './memory-retry-queue.js';

function queueOf(most: number) {
  let nowMs = 0;
  let run: (() => void) | undefined;
  const touched: string[] = [];
  const timers = {
    now: () => nowMs,
    setTimeout: (work: () => void) => {
      run = work;
      return work;
    },
    clearTimeout: () => undefined,
  };
  const queue = new MemoryRetryQueue(
    timers,
    async (_collection, roots) => touched.push(...roots),
    () => undefined,
    most,
  );
  const passTo = (ms: number) => {
    nowMs = ms;
    run?.();
  };
  return { queue, touched, passTo };
}

test('a root is touched when it is due, at the earlier of two times', async () => {
  const { queue, touched, passTo } = queueOf(10);
  queue.add(0, ['a', 'b'], 2_000);
  queue.add(0, ['b'], 1_000);
  passTo(1_500);
  expect(touched).toEqual(['b']);
  expect(await queue.idle()).toBe(false);
  passTo(2_000);
  expect(touched).toEqual(['b', 'a']);
});

test('what does not fit is left to the letters, and asked for once when there is room', () => {
  const { queue, touched, passTo } = queueOf(2);
  queue.add(0, ['a', 'b', 'c'], 0);
  expect(queue.lacks()).toBe(false);
  passTo(1);
  expect(touched).toEqual(['a', 'b']);
  expect(queue.lacks()).toBe(true);
  expect(queue.lacks()).toBe(false);
});
