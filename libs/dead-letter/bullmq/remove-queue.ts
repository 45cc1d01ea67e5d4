import { once } from 'node:events';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { MillraceError } from '#errors';
import { DEAD_LETTER_ERRORS } from '../dead-letter.codes.js';
import type { RedisPlace } from './bullmq-options.js';
import { quickOptions, wordFor } from './redis-connections.js';

/** A very large queue that is not gone by then is smaller the next time. */
const DEADLINE_MS = 10_000;

/**
 * Nothing of the queue is left, for a load of a job that is over. Safe to repeat, also where there is none; what a replica
 * that goes on adds meanwhile is there again. Settles by the deadline, whatever Redis does.
 */
export async function removeQueue(place: RedisPlace, name: string, deadlineMs = DEADLINE_MS): Promise<void> {
  const redis = new Redis(
    place.uri,
    quickOptions(() => null),
  );
  redis.on('error', () => undefined);
  try {
    await within(deadlineMs, remove(redis, place, name));
  } catch (error) {
    const message = `the retries of ${name} are not removed: ${wordFor(error)}`;
    throw new MillraceError(DEAD_LETTER_ERRORS.RETRY_QUEUE_UNREACHABLE, message, { cause: error, retriable: true });
  } finally {
    redis.disconnect();
  }
}

async function remove(redis: Redis, { prefix }: RedisPlace, name: string): Promise<void> {
  await once(redis, 'ready');
  const queue = new Queue(name, { connection: redis, prefix, skipVersionCheck: true, skipMetasUpdate: true });
  queue.on('error', () => undefined);
  await queue.obliterate({ force: true });
  await redis.del(queue.toKey('mark'), queue.toKey('limiter'));
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
