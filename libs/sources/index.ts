export * from './source.js';
export * from './schema.codes.js';
