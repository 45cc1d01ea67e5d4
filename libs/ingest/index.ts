export * from './capture-actor.js';
export * from './ingest.js';
export * from './ingest.module.js';
export * from './load-actor.js';
export * from './markers.js';
export * from './position-tracker.js';
export * from './reread.js';
export * from './row-packer.js';
