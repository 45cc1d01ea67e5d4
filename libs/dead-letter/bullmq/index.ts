export type { BullmqOptions, RedisPlace, RetryQueueNotice } from './bullmq-options.js';
export { BullmqRetryQueue, makeBullmqRetryQueue } from './bullmq-retry-queue.js';
export { removeQueue } from './remove-queue.js';
