export * from './millrace-error.js';
