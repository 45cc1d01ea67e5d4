import { BSON, EJSON } from 'bson';

const DOCUMENT = 3;
const ARRAY = 4;

/**
 * A document as canonical Extended JSON without white space, made of its bytes: the order of fields is MongoDB's own, which
 * objects of JavaScript would change for names that look like numbers, and no value is promoted to another type.
 */
export function extendedJson(bytes: Uint8Array, isArray = false): string {
  const items: string[] = [];
  for (const [type, nameOffset, nameLength, offset, length] of BSON.onDemand.parseToElements(bytes)) {
    const name = Buffer.from(bytes.subarray(nameOffset, nameOffset + nameLength)).toString('utf8');
    const value = bytes.subarray(offset, offset + length);
    const nested = type === DOCUMENT || type === ARRAY;
    const text = nested ? extendedJson(value, type === ARRAY) : scalar(type, value);
    items.push(isArray ? text : `${JSON.stringify(name)}:${text}`);
  }
  return isArray ? `[${items.join(',')}]` : `{${items.join(',')}}`;
}

/** By a document `{v: value}` around it. */
function scalar(type: number, value: Uint8Array): string {
  const bytes = Buffer.alloc(value.length + 8);
  bytes.writeInt32LE(bytes.length, 0);
  bytes[4] = type;
  bytes.write('v\0', 5, 'latin1');
  bytes.set(value, 7);
  const { v } = BSON.deserialize(bytes, { promoteValues: false, promoteBuffers: false, bsonRegExp: true });
  return EJSON.stringify(v, { relaxed: false });
}

/** JSON as a database prints it, without white space and with strings escaped in one way; the order of fields stays. */
export function compactJson(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g, (token) =>
    token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : '',
  );
}
