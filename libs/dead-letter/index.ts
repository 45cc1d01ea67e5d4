export * from './memory/retry-queue.js';
