import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Queue } from 'bullmq';
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

test('gives up on a Redis that takes the connection and says nothing', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const uri = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  try {
    await expect(removeQueue({ uri, prefix: 'p' }, 'shop.1', 300)).rejects.toMatchObject({
      code: 'RETRY_QUEUE_UNREACHABLE',
      retriable: true,
      message: 'the retries of shop.1 are not removed: not done within 300 ms',
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

test('a queue whose removal was cut off in the middle is used again where a job has its name again', async () => {
  const { uri, prefix } = await testRedis();
  const redis = new Redis(uri);
  // What obliterating does first.
  await new Queue('shop.1', { connection: redis, prefix, skipVersionCheck: true }).pause();
  redis.disconnect();
  const touched: string[] = [];
  const touch = async (_: number, roots: readonly string[]) => void touched.push(...roots);
  await using context = openQueue(touch, { uri, prefix });
  context.queue.add(0, ['a']);
  await waitFor(() => touched.includes('a'));
});
