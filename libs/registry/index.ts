export * from './job-registry.js';
export * from './registry.codes.js';
