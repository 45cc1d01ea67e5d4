export * from './embedded-log.js';
export type { LogTimers } from '../lane.js';
