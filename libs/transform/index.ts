export * from './fan-out.js';
export * from './phase-view.js';
export * from './reread-requests.js';
export * from './resolver.js';
export * from './row-actor.js';
export * from './row-batch.js';
export * from './stage-tables.js';
export * from './toucher.js';
