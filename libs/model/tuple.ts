/**
 * A row's columns as the source's own text, packed into one string: fields parted by a tab, NULL is `\N`, and
 * backslash, tab and line ends escaped with a backslash. It is the text format of PostgreSQL's COPY, so that a loaded
 * line is a tuple as it is; and one string is what costs least to stage, to send and to read again.
 */
export type Tuple = string;

const NULL = '\\N';
const ESCAPED = /[\\\t\n\r\b\f\v]/;
const ESCAPED_ALL = /[\\\t\n\r\b\f\v]/g;
const TO_LETTER: Record<string, string> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};
const FROM_LETTER: Record<string, string> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v' };

export function packField(text: string | null): string {
  if (text === null) return NULL;
  return ESCAPED.test(text) ? text.replace(ESCAPED_ALL, (c) => TO_LETTER[c] as string) : text;
}

export function packTuple(values: readonly (string | null)[]): Tuple {
  let tuple = '';
  for (let i = 0; i < values.length; i++) tuple += (i === 0 ? '' : '\t') + packField(values[i] as string | null);
  return tuple;
}

/** A tuple of no columns is the empty string, as is one of a single empty text: the caller knows how many it has. */
export function unpackTuple(tuple: Tuple): (string | null)[] {
  const fields: (string | null)[] = tuple.split('\t');
  if (!tuple.includes('\\')) return fields;
  for (let i = 0; i < fields.length; i++) fields[i] = unpackField(fields[i] as string);
  return fields;
}

/** Only the fields at `columns`, which rise; cheaper than all of them where they stand near the front of a wide row. */
export function fieldsOf(tuple: Tuple, columns: readonly number[]): (string | null)[] {
  const fields: (string | null)[] = [];
  let start = 0;
  let index = 0;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i] as number;
    for (; index < column; index++) start = tuple.indexOf('\t', start) + 1;
    const end = tuple.indexOf('\t', start);
    fields.push(unpackField(end < 0 ? tuple.slice(start) : tuple.slice(start, end)));
  }
  return fields;
}

export function unpackField(field: string): string | null {
  let at = field.indexOf('\\');
  if (at < 0) return field;
  if (field === NULL) return null;
  let text = '';
  let start = 0;
  while (at >= 0) {
    const letter = field.charAt(at + 1);
    text += field.slice(start, at) + (FROM_LETTER[letter] ?? letter);
    start = at + 2;
    at = field.indexOf('\\', start);
  }
  return text + field.slice(start);
}
