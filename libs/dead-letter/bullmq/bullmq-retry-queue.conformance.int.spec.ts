import { testRedis } from '#testing';
import { describeRetryQueue } from '../retry-queue-conformance.js';
import { bytesOf } from './pending-roots.js';
import { openQueue } from '../testing/bullmq-context.js';

describeRetryQueue('BullmqRetryQueue', async ({ touch, holds }) => {
  const { uri, prefix } = await testRedis();
  return openQueue(touch, { uri, prefix, ...(holds && { maxPendingBytes: holds * bytesOf('a') }) });
});
