import { Binary, Double } from 'bson';
import type { BsonType, ValueType } from '#model';
import { type BsonDocument, type BsonValue, needsMap } from '../values/bson-value.js';
import { ConversionFailed } from '../values/conversion-failed.js';
import { type Converter, converter } from '../values/converter.js';
import { type JsonTarget, parseJson } from '../values/json.js';
import { longOfBigInt } from '../values/numbers.js';

/**
 * The result of an expression as it is kept on the stage: one string, its first letter the type, so that nothing depends
 * on how BSON's numbers are read back. `z` null or undefined · `t` `f` booleans · `n` number · `i` BigInt · `s` string ·
 * `d` Date (ms) · `x` bytes (hexadecimal) · `j` array or object: JSON whose every leaf is such a string.
 */
export type TaggedResult = string;

/** A number is a double, a BigInt an int64, and so on inside arrays and objects. */
export function bsonOfResult(tagged: TaggedResult): BsonValue | ConversionFailed {
  const text = tagged.slice(1);
  switch (tagged.charAt(0)) {
    case 'z':
      return null;
    case 't':
      return true;
    case 'f':
      return false;
    case 'n':
      return new Double(Number(text));
    case 'i':
      return longOfBigInt(BigInt(text));
    case 's':
      return text;
    case 'd':
      return new Date(Number(text));
    case 'x':
      return new Binary(Buffer.from(text, 'hex'), 0);
    case 'j':
      return parseJson(text, TREE);
    default:
      return ConversionFailed.of('INVALID_VALUE');
  }
}

const TREE: JsonTarget<BsonValue> = {
  number: () => ConversionFailed.of('INVALID_VALUE'),
  object: (entries) => {
    for (const key of entries.keys()) if (needsMap(key)) return entries;
    return Object.fromEntries(entries) as BsonDocument;
  },
  array: (items) => items,
  scalar: (leaf) => (typeof leaf === 'string' ? bsonOfResult(leaf) : ConversionFailed.of('INVALID_VALUE')),
};

/** JavaScript's truthiness, as `where` decides by it. */
export function isTruthy(tagged: TaggedResult): boolean {
  switch (tagged.charAt(0)) {
    case 'z':
    case 'f':
      return false;
    case 'n':
      return tagged !== 'n0' && tagged !== 'n-0' && tagged !== 'nNaN';
    case 'i':
      return tagged !== 'i0';
    case 's':
      return tagged.length > 1;
    default:
      return true;
  }
}

export type ResultConverter = (tagged: TaggedResult) => BsonValue | ConversionFailed;

const TYPE_MISMATCH = ConversionFailed.of('TYPE_MISMATCH');
/** What a computed value counts as, for `types`. */
const LIKE: Record<string, ValueType> = {
  t: { kind: 'bool', name: 'boolean' },
  f: { kind: 'bool', name: 'boolean' },
  n: { kind: 'float64', name: 'double precision' },
  i: { kind: 'numeric', name: 'numeric' },
  s: { kind: 'text', name: 'text' },
  d: { kind: 'timestamptz', name: 'timestamptz' },
  x: { kind: 'bytes', name: 'bytea' },
};

/** For a computed field with this override (or none), made once. */
export function resultConverter(override: BsonType | undefined): ResultConverter {
  if (override === undefined) return bsonOfResult;
  const converters: Record<string, Converter> = {};
  for (const [tag, type] of Object.entries(LIKE)) converters[tag] = converter(type, override);
  return (tagged) => {
    const tag = tagged.charAt(0);
    if (tag === 'z') return null;
    if (tag === 'j')
      return override === 'json' ? bsonOfResult(tagged) : override === 'string' ? plainJson(tagged) : TYPE_MISMATCH;
    if (tag === 'd') return dateAs(tagged, override);
    if (override === 'json' && tag !== 's' && tag !== 'x') return bsonOfResult(tagged);
    return (converters[tag] as Converter)(
      tag === 't' || tag === 'f' ? tag : tag === 'x' ? `\\x${tagged.slice(1)}` : tagged.slice(1),
    );
  };
}

function dateAs(tagged: TaggedResult, override: BsonType): BsonValue | ConversionFailed {
  if (override === 'string') return new Date(Number(tagged.slice(1))).toISOString();
  return override === 'date' || override === 'json' ? bsonOfResult(tagged) : TYPE_MISMATCH;
}

/** The JSON text that `JSON.stringify` would give, numbers and BigInts as they are written. */
function plainJson(tagged: TaggedResult): string | ConversionFailed {
  return parseJson(tagged.slice(1), TEXT);
}

const TEXT: JsonTarget<string> = {
  number: () => TYPE_MISMATCH,
  object: (entries) => `{${Array.from(entries, ([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`,
  array: (items) => `[${items.join(',')}]`,
  scalar: (leaf) => leafText(String(leaf)),
};

function leafText(tagged: string): string {
  const text = tagged.slice(1);
  switch (tagged.charAt(0)) {
    case 't':
      return 'true';
    case 'f':
      return 'false';
    case 'n':
      return text === '-0' ? '0' : Number.isFinite(Number(text)) ? text : 'null';
    case 'i':
      return text;
    case 's':
      return JSON.stringify(text);
    case 'd':
      return JSON.stringify(new Date(Number(text)));
    case 'x':
      return JSON.stringify(text);
    case 'j':
      return plainJson(tagged) as string;
    default:
      return 'null';
  }
}
