export * from './log.js';
export * from './partition.js';
