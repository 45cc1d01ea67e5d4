export * from './expression.codes.js';
export * from './result.js';
export * from './sandbox.js';
