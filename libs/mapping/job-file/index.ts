/** The part of the room that needs nothing of the engine: `millrace schema`, and jobs that run elsewhere, must start at once. */
export { declaredJobName, isJobName } from './declared-name.js';
export { jobFileJsonSchema } from './json-schema.js';
