export * from './awaited-later.js';
export * from './in-flight.js';
export * from './log.codes.js';
export * from './log.js';
export * from './partition.js';
export * from './within.js';
