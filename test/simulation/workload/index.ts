export { changedMapping } from './changed-mapping.js';
export { inWords } from './in-words.js';
export { type JobFileOptions, jobFileOf } from './job-file.js';
export * from './model.js';
export {
  type Expected,
  expectedDocuments,
  keyInWords,
  object as objectInWords,
  objectIdInWords,
  sameInWords,
  type Words,
} from './oracle.js';
export { RandomChanges } from './random-changes.js';
export { type Shape, shapeOf } from './shape.js';
export { randomModel } from './random-model.js';
