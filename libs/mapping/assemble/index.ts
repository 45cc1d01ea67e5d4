export * from './assemble.codes.js';
export * from './assembled.js';
export * from './assembler.js';
export * from './row-stager.js';
export * from './row-trees.js';
