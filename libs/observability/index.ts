export * from './logger.js';
export * from './redactor.js';
