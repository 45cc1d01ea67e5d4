export * from './kernel.js';
export * from './process.js';
export * from './random.js';
export * from './timers.js';
