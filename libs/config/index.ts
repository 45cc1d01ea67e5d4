export * from './config.codes.js';
export * from './reference.js';
export * from './settings.js';
