export * from './dead-letter.module.js';
export * from './memory/make-retry-queue.js';
export * from './memory/retry-queue.js';
