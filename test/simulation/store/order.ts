import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import { fieldsOf, isDocument, type Stored } from './stored.js';

const { isArray } = Array;

const RANKS: Record<string, number> = {
  MinKey: 0,
  Int32: 2,
  Double: 2,
  Long: 2,
  Decimal128: 2,
  Symbol: 3,
  BSONSymbol: 3,
  Binary: 6,
  ObjectId: 7,
  Timestamp: 10,
  BSONRegExp: 11,
  MaxKey: 99,
};

/** Of its type, in MongoDB's order of types. */
export function rankOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return 3;
    case 'number':
    case 'bigint':
      return 2;
    case 'boolean':
      return 8;
    case 'object':
      break;
    default:
      return 1;
  }
  if (value === null) return 1;
  if (isArray(value)) return 5;
  if (value instanceof Date) return 9;
  if (value instanceof Uint8Array) return 6;
  if (isDocument(value)) return 4;
  return RANKS[(value as { _bsontype: string })._bsontype] ?? 12;
}

/** As MongoDB sorts: by type, numbers of all types together, strings by their UTF-8 bytes. */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const rank = rankOf(a);
  const order = rank - rankOf(b);
  if (order !== 0) return order;
  switch (rank) {
    case 1:
      return 0;
    case 2:
      return compareNumbers(numberOf(a), numberOf(b));
    case 4:
      return compareDocuments(a as Stored, b as Stored);
    case 5:
      return compareLists(a as unknown[], b as unknown[]);
    case 6:
      return compareBytes(bytesOf(a), bytesOf(b));
    case 8:
    case 9:
      return Number(a) - Number(b);
    default:
      return compareStrings(textOf(a), textOf(b));
  }
}

/** Code units in the order of the bytes: surrogates, which stand for longer ones, come last. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const one = a.charCodeAt(i);
    const other = b.charCodeAt(i);
    if (one !== other) return byteOrder(one) - byteOrder(other);
  }
  return a.length - b.length;
}

const byteOrder = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

function compareDocuments(a: Stored, b: Stored): number {
  const others = [...fieldsOf(b)];
  let i = 0;
  for (const [name, value] of fieldsOf(a)) {
    const other = others[i++];
    if (other === undefined) return 1;
    const order = rankOf(value) - rankOf(other[1]) || compareStrings(name, other[0]) || compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return i - others.length;
}

function compareLists(a: unknown[], b: unknown[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

interface Bytes {
  kind: number;
  bytes: Uint8Array;
}

function bytesOf(value: unknown): Bytes {
  if (value instanceof Binary) return { kind: value.sub_type, bytes: value.buffer.subarray(0, value.position) };
  return { kind: 0, bytes: value as Uint8Array };
}

function compareBytes(a: Bytes, b: Bytes): number {
  return a.bytes.length - b.bytes.length || a.kind - b.kind || Buffer.compare(a.bytes, b.bytes);
}

/** A number that JavaScript's cannot hold: n times ten to the power of x, n without zeros at its end. */
interface Exact {
  n: bigint;
  x: number;
}

/** JavaScript's number wherever that is equal. */
function numberOf(value: unknown): number | Exact {
  if (typeof value === 'number') return value;
  if (value instanceof Double || value instanceof Int32) return value.value;
  if (value instanceof Decimal128) return decimalOf(value.toString());
  return exactly({ n: value instanceof Long ? value.toBigInt() : (value as bigint), x: 0 }, Number(value));
}

function decimalOf(text: string): number | Exact {
  const [, sign = '', whole = '', part = '', x = '0'] = /^(-?)(\d*)\.?(\d*)(?:E([+-]?\d+))?$/.exec(text) ?? [];
  if (whole + part === '') return Number(text);
  return exactly({ n: BigInt(sign + whole + part), x: Number(x) - part.length }, Number(text));
}

function exactly(value: Exact, nearest: number): number | Exact {
  if (Number.isFinite(nearest) && compareExact(value, exactOf(nearest)) === 0) return nearest;
  let { n, x } = value;
  for (; n % 10n === 0n; x++) n /= 10n;
  return { n, x };
}

function exactOf(value: number): Exact {
  let twos = 0;
  let whole = value;
  for (; !Number.isInteger(whole); twos++) whole *= 2;
  return { n: BigInt(whole) * 5n ** BigInt(twos), x: -twos };
}

function compareNumbers(a: number | Exact, b: number | Exact): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (a < b) return -1;
    if (a > b) return 1;
    return a === b ? 0 : Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  }
  if (typeof a === 'number') return -compareNumbers(b, a);
  if (typeof b !== 'number') return compareExact(a, b);
  if (Number.isFinite(b)) return compareExact(a, exactOf(b));
  return b === Number.POSITIVE_INFINITY ? -1 : 1;
}

function compareExact(a: Exact, b: Exact): number {
  const x = Math.min(a.x, b.x);
  const one = a.n * 10n ** BigInt(a.x - x);
  const other = b.n * 10n ** BigInt(b.x - x);
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The same text exactly for what MongoDB compares as equal. */
export function keyOf(value: unknown): string {
  return typeof value === 'string' ? `s${value}` : innerKey(value);
}

function innerKey(value: unknown): string {
  switch (rankOf(value)) {
    case 1:
      return 'z';
    case 2: {
      const number = numberOf(value);
      return typeof number === 'number' ? `n${number + 0};` : `e${number.n}e${number.x};`;
    }
    case 3:
      return `s${String(value).length}:${String(value)}`;
    case 4:
      return `{${Array.from(fieldsOf(value as Stored), ([name, of]) => innerKey(name) + innerKey(of)).join('')}}`;
    case 5:
      return `[${(value as unknown[]).map(innerKey).join('')}]`;
    case 6: {
      const { kind, bytes } = bytesOf(value);
      return `x${kind}:${Buffer.from(bytes).toString('hex')};`;
    }
    case 8:
      return value ? 'bt' : 'bf';
    case 9:
      return `t${Number(value)};`;
    default:
      return `o${rankOf(value)}:${textOf(value)};`;
  }
}

function textOf(value: unknown): string {
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Long) return value.toString().padStart(20, '0');
  return JSON.stringify(value);
}
