export * from './logger.js';
export * from './redaction/index.js';
