/** The part of the room that `millrace schema` needs, without the engine's share of it: it must start at once. */
export { jobFileJsonSchema } from './json-schema.js';
