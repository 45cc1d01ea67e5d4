/** The part that needs no BSON: the command line loads it at its start. */
export { entriesOf, hasMaps, recordOf } from './in-order.js';
export { jsonText, parseInOrder } from './json-text.js';
