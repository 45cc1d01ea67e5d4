export * from './claim.js';
export * from './claims.js';
export * from './document-actor.js';
export * from './letter.js';
export * from './letters.js';
export * from './tree-reader.js';
