export * from './same-source.js';
export * from './source.js';
export * from './schema.codes.js';
