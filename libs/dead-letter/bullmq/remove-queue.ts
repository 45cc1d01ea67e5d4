import { once } from 'node:events';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { MillraceError } from '#errors';
import { DEAD_LETTER_ERRORS } from '../dead-letter.codes.js';
import type { RedisPlace } from './bullmq-options.js';
import { quickOptions, wordFor } from './redis-connections.js';

/**
 * Nothing of the queue is left, for a load of a job that is over. Safe to repeat, also where there is none; what a replica
 * that goes on adds meanwhile is there again.
 */
export async function removeQueue({ uri, prefix }: RedisPlace, name: string): Promise<void> {
  const redis = new Redis(
    uri,
    quickOptions(() => null),
  );
  try {
    await once(redis, 'ready');
    const queue = new Queue(name, { connection: redis, prefix, skipVersionCheck: true, skipMetasUpdate: true });
    queue.on('error', () => undefined);
    await queue.obliterate({ force: true });
    await redis.del(queue.toKey('mark'), queue.toKey('limiter'));
  } catch (error) {
    const message = `the retries of ${name} are not removed: ${wordFor(error)}`;
    throw new MillraceError(DEAD_LETTER_ERRORS.RETRY_QUEUE_UNREACHABLE, message, { cause: error, retriable: true });
  } finally {
    redis.disconnect();
  }
}
