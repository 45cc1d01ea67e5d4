export * from './dead-letter.module.js';
export * from './memory/make-retry-queue.js';
export * from './memory/memory-retry-queue.js';
export * from './retry-queue.js';
