export * from './embedded-log.js';
export type { LogTimers } from './embedded-consumer.js';
