export type { Evaluator } from './evaluator.js';
export * from './expression.codes.js';
export * from './result.js';
export * from './sandbox.js';
