export * from './bson-value.js';
export * from './conversion.codes.js';
export * from './conversion-failed.js';
export * from './conversion-support.js';
export * from './converter.js';
export * from './comparator.js';
