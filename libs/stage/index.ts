export * from './fence.js';
export * from './merge.js';
export * from './names.js';
export * from './paced-reads.js';
export * from './recorded-tasks.js';
