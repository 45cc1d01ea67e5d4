export * from './all-in-range.js';
export * from './store.js';
