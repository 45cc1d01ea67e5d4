import { entriesOf, hasMaps, MOVED_NAME, recordOf } from './in-order.js';

/** As `JSON.stringify`, with each `Map` as an object in its order; with `indent` a field a line. */
export function jsonText(value: unknown, indent = 0): string {
  return hasMaps(value) ? written(value, indent, '\n') : JSON.stringify(value, null, indent);
}

function written(value: unknown, indent: number, lineEnd: string): string {
  if (!hasMaps(value)) return JSON.stringify(value, null, indent).replaceAll('\n', lineEnd);
  const inner = lineEnd + ' '.repeat(indent);
  const [before, after, colon] = indent === 0 ? ['', '', ':'] : [inner, lineEnd, ': '];
  if (Array.isArray(value)) {
    return `[${before}${value.map((item) => written(item ?? null, indent, inner)).join(`,${before}`)}${after}]`;
  }
  const fields = entriesOf(value as object).filter(([, field]) => field !== undefined);
  if (fields.length === 0) return '{}';
  const lines = fields.map(([name, field]) => `${JSON.stringify(name)}${colon}${written(field, indent, inner)}`);
  return `{${before}${lines.join(`,${before}`)}${after}}`;
}

const MAY_BE_MOVED = /"(?:\d{1,16}|__proto__)"\s*:/;
const TEXT = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?/g;
/** No field of a document has it in its name. */
const MARK = '\0';

/** As `JSON.parse`, with a `Map` where an object would move the fields: what `jsonText` wrote comes back as it was. */
export function parseInOrder(text: string): unknown {
  if (!MAY_BE_MOVED.test(text)) return JSON.parse(text);
  const marked = text.replace(TEXT, (whole, name: string, colon: string | undefined) =>
    colon !== undefined && MOVED_NAME.test(name) ? `"\\u0000${name}"${colon}` : whole,
  );
  return unmarked(JSON.parse(marked));
}

function unmarked(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(unmarked);
  return recordOf(
    Object.entries(value).map(([name, field]) => [name.startsWith(MARK) ? name.slice(1) : name, unmarked(field)]),
  );
}
