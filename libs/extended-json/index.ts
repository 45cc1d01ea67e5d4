export { canonical, withBsonValues } from './canonical.js';
export { entriesOf, jsonText, parseInOrder, recordOf } from './text/index.js';
