export * from './claim.js';
export * from './claims.js';
export * from './document-actor.js';
export * from './document-batch.js';
export * from './letter.js';
export * from './letters.js';
export * from './orphan-remover.js';
export * from './tree-reader.js';
