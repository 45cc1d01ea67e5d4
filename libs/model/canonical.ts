import type { ValueType } from './value-type.js';

/**
 * The canonical encoding of keys and join values: equal strings exactly where the source says the values are equal;
 * the same for load, capture and joins. A letter names the family, so that 1 and '1' differ; integers order as numbers
 * do, so that neighbours in the source are neighbours on the stage. Parts end with `\0` and the next part's letter.
 */
export type Canonicalize = (values: readonly (string | null)[]) => string | undefined;

/** Families whose members the source compares with one another by `=` in a way that can be rebuilt here; null: none. */
export function equalityFamily(type: ValueType): string | null {
  switch (type.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
    case 'oid':
    case 'numeric':
      return 'number';
    case 'float32':
    case 'float64':
      return 'float';
    case 'text':
    case 'char':
      return 'text';
    case 'enum':
      return `enum ${type.name}`;
    case 'bool':
    case 'bytes':
    case 'uuid':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'time':
      return type.kind;
    default:
      return null;
  }
}

/** For the values at `columns` of a whole row's values; undefined where one of them is null (null joins nothing). */
export function canonicalizer(types: readonly ValueType[], columns: readonly number[]): Canonicalize {
  const parts = columns.map((column) => ({ column, encode: encoderOf(types[column] as ValueType) }));
  const [only] = parts;
  if (parts.length === 1 && only) {
    return (values) => {
      const value = values[only.column];
      return value === null || value === undefined ? undefined : only.encode(value);
    };
  }
  return (values) => {
    let key = '';
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as (typeof parts)[number];
      const value = values[part.column];
      if (value === null || value === undefined) return undefined;
      key += (i === 0 ? '' : '\0') + part.encode(value);
    }
    return key;
  };
}

function encoderOf(type: ValueType): (text: string) => string {
  switch (type.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
    case 'oid':
      return encodeInteger;
    case 'numeric':
      return encodeNumeric;
    case 'float32':
      return (text) => encodeFloat(Math.fround(parseFloatText(text)));
    case 'float64':
      return (text) => encodeFloat(parseFloatText(text));
    case 'char':
      return (text) => `T${escape(text.replace(/ +$/, ''))}`;
    case 'bool':
      return (text) => (text === 't' || text === 'true' ? 'B1' : 'B0');
    case 'uuid':
      return (text) => `U${text.toLowerCase()}`;
    case 'date':
      return (text) => `D${text}`;
    case 'timestamp':
      return (text) => `S${text}`;
    case 'timestamptz':
      return (text) => `Z${text}`;
    case 'time':
      return (text) => `M${text}`;
    case 'bytes':
      return (text) => `X${text}`;
    case 'enum':
      return (text) => `E${escape(text)}`;
    case 'text':
      return (text) => `T${escape(text)}`;
    default:
      throw new Error(`no canonical encoding for ${type.name}`);
  }
}

function escape(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\0\x01') : text;
}

/** `N`, then the number of digits as a letter, then the digits; for negative ones all of it complemented. */
function encodeInteger(text: string): string {
  return text.charCodeAt(0) === 45 ? encodeNegative(text.slice(1)) : PREFIXES[Math.min(text.length, 60)] + text;
}

function encodeNegative(digits: string): string {
  let complement = '';
  for (let i = 0; i < digits.length; i++) {
    const code = digits.charCodeAt(i);
    complement += code === 46 ? '.' : String.fromCharCode(105 - code);
  }
  return `N-${String.fromCharCode(0x7e - Math.min(lengthOfInteger(digits), 60))}${complement}~`;
}

function lengthOfInteger(digits: string): number {
  const point = digits.indexOf('.');
  return point < 0 ? digits.length : point;
}

/** By length: `NA` for one digit, and so on. Beyond 60 digits the order is lost, equality is not. */
const PREFIXES = Array.from({ length: 61 }, (_, length) => `N${String.fromCharCode(0x40 + length)}`);

function encodeNumeric(text: string): string {
  const first = text.charCodeAt(0);
  if (first > 57) return text === 'NaN' ? 'N~NaN' : 'N~Infinity';
  const negative = first === 45;
  if (negative && text.charCodeAt(1) > 57) return 'N!-Infinity';
  const digits = significant(text, negative ? 1 : 0);
  if (digits === '0') return encodeInteger('0');
  return negative ? encodeNegative(digits) : PREFIXES[Math.min(lengthOfInteger(digits), 60)] + digits;
}

/** Without sign, without zeros before the number or behind its fraction. */
function significant(text: string, from: number): string {
  let start = from;
  let end = text.length;
  if (text.includes('.')) {
    while (text.charCodeAt(end - 1) === 48) end--;
    if (text.charCodeAt(end - 1) === 46) end--;
  }
  while (start < end - 1 && text.charCodeAt(start) === 48 && text.charCodeAt(start + 1) !== 46) start++;
  return text.slice(start, end);
}

function parseFloatText(text: string): number {
  return text === 'Infinity' || text === '-Infinity' || text === 'NaN' ? Number(text) : Number.parseFloat(text);
}

/** PostgreSQL: -0 = 0 and NaN = NaN; a real compares with a double as the double that it is. */
function encodeFloat(value: number): string {
  return `F${value === 0 ? '0' : String(value)}`;
}
