import { expect, test } from '@jest/globals';
import type { RetryQueue } from '#dead-letter';
import { overWhenStopped } from './over-when-stopped.js';

test('trouble of a queue is over when it has stopped, and everything else is asked of the queue', async () => {
  const asked: unknown[] = [];
  const queue: RetryQueue = {
    add: (...roots) => void asked.push(roots),
    lacks: () => true,
    idle: async () => true,
    stop: async () => void asked.push('stopped'),
  };
  const made = overWhenStopped(
    () => queue,
    (message) => asked.push(message),
  )({} as never);
  made.add(1, ['a'], 2);
  expect([made.lacks(), await made.idle()]).toEqual([true, true]);
  await made.stop();
  expect(asked).toEqual([[1, ['a'], 2], 'stopped', undefined]);
});
