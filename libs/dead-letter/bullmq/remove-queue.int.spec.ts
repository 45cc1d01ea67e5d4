import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { testRedis, waitFor } from '#testing';
import { removeQueue } from './remove-queue.js';
import { openQueue } from '../testing/bullmq-context.js';

test('nothing of a queue is left, others stay, and removing it again is no error', async () => {
  const { uri, prefix } = await testRedis();
  const queues = ['shop.1', 'shop.2'].map((name) => openQueue(async () => undefined, { uri, prefix }, name));
  for (const { queue } of queues) {
    queue.add(0, ['a', 'b'], Date.now() + 3_600_000);
    queue.add(0, ['c']);
    await waitFor(() => queue.idle());
    await queue.stop();
  }
  await removeQueue({ uri, prefix }, 'shop.1');
  await removeQueue({ uri, prefix }, 'shop.1');
  const redis = new Redis(uri);
  const keys = await redis.keys(`${prefix}:*`);
  redis.disconnect();
  expect(keys.filter((key) => key.startsWith(`${prefix}:shop.1:`))).toEqual([]);
  expect(keys.filter((key) => key.startsWith(`${prefix}:shop.2:0-`))).toHaveLength(2);
});

test('says so where Redis is away', async () => {
  await expect(removeQueue({ uri: 'redis://127.0.0.1:1', prefix: 'p' }, 'shop.1')).rejects.toMatchObject({
    code: 'RETRY_QUEUE_UNREACHABLE',
    retriable: true,
    message: 'the retries of shop.1 are not removed: ECONNREFUSED',
  });
});
