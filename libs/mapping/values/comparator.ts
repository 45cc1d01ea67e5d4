import type { ValueType } from '#model';
import { arrayDelimiter, parseArray } from './array-text.js';
import { ConversionFailed } from './conversion-failed.js';
import { timestampMicros } from './dates.js';
import { withoutPadding } from './padding.js';

/** Orders two values of a column by the source's text: at the source's full precision, whatever BSON type they become. */
export type Comparator = (a: string | null, b: string | null) => number;
type Compare = (a: string, b: string) => number;

/** Nulls first ascending, last descending. */
export function comparator(type: ValueType, descending: boolean): Comparator {
  const compare = compareOf(type);
  const ascending: Comparator = (a, b) => {
    if (a === b) return 0;
    if (a === null) return -1;
    return b === null ? 1 : compare(a, b);
  };
  return descending ? (a, b) => ascending(b, a) : ascending;
}

function compareOf(type: ValueType): Compare {
  switch (type.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
    case 'oid':
    case 'numeric':
      return compareNumbers;
    case 'float32':
    case 'float64':
      return compareFloats;
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return compareTimestamps;
    case 'interval':
      return compareIntervals;
    case 'char':
      return (a, b) => compareUtf8(withoutPadding(a), withoutPadding(b));
    case 'bool':
    case 'uuid':
    case 'bytes':
    case 'time':
      return compareCodeUnits;
    case 'text':
    case 'enum':
    case 'json':
      return compareUtf8;
    case 'array':
      return compareArrays(type.element);
  }
}

function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As bytes of UTF-8, which is the order of code points: UTF-16 has the surrogates before U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? rank(x) - rank(y) : x - y;
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000;
}

/** Decimal text without exponent; -Infinity < numbers < Infinity < NaN. */
export function compareNumbers(a: string, b: string): number {
  const x = a.charCodeAt(0);
  const y = b.charCodeAt(0);
  if (x > 57 || y > 57 || a.charCodeAt(1) > 57 || b.charCodeAt(1) > 57) return compareSpecials(a, b);
  const negative = x === 45;
  if (negative !== (y === 45)) return negative ? -signOfPair(a, b) : signOfPair(a, b);
  return negative ? compareMagnitudes(b, a, 1) : compareMagnitudes(a, b, 0);
}

/** Opposite signs: only two zeros are equal. */
function signOfPair(a: string, b: string): number {
  return /[1-9]/.test(a) || /[1-9]/.test(b) ? 1 : 0;
}

function compareMagnitudes(a: string, b: string, from: number): number {
  const i = wholeEnd(a);
  const j = wholeEnd(b);
  if (i !== j) return i - j;
  let at = from;
  const end = Math.max(a.length, b.length);
  for (; at < end; at++) {
    const x = at < a.length ? a.charCodeAt(at) : 48;
    const y = at < b.length ? b.charCodeAt(at) : 48;
    if (x !== y && at !== i) return x - y;
  }
  return 0;
}

function wholeEnd(digits: string): number {
  const point = digits.indexOf('.');
  return point < 0 ? digits.length : point;
}

function compareSpecials(a: string, b: string): number {
  const x = specialRank(a);
  const y = specialRank(b);
  return x === 0 && y === 0 ? compareCodeUnits(a, b) : x - y;
}

function specialRank(text: string): number {
  return text === 'NaN' ? 2 : text === 'Infinity' ? 1 : text === '-Infinity' ? -1 : 0;
}

function compareFloats(a: string, b: string): number {
  const x = Number(a);
  const y = Number(b);
  if (x < y) return -1;
  if (x > y) return 1;
  return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0);
}

/** ISO text of four-digit years AD orders as text does ('+' and '.' come before digits, '+' before '.'). */
function compareTimestamps(a: string, b: string): number {
  if (isPlain(a) && isPlain(b)) return compareCodeUnits(a, b);
  const x = timestampMicros(a);
  const y = timestampMicros(b);
  if (x === undefined || y === undefined) return compareCodeUnits(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function isPlain(text: string): boolean {
  return text.charCodeAt(4) === 45 && text.charCodeAt(text.length - 1) <= 57 && text.charCodeAt(0) <= 57;
}

const INTERVAL =
  /^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d+))?S)?)?$/;
const DAY_MICROS = 86_400_000_000n;

/** As PostgreSQL compares them: a month is 30 days, a day 24 hours. */
function compareIntervals(a: string, b: string): number {
  const x = intervalMicros(a);
  const y = intervalMicros(b);
  if (x === undefined || y === undefined) return compareCodeUnits(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function intervalMicros(text: string): bigint | undefined {
  if (text === 'infinity') return 2n ** 100n;
  if (text === '-infinity') return -(2n ** 100n);
  const m = INTERVAL.exec(text);
  if (m === null) return undefined;
  const part = (index: number): bigint => BigInt(m[index] ?? 0);
  const days = (part(1) * 12n + part(2)) * 30n + part(3) * 7n + part(4);
  const seconds = BigInt(`${m[8] ?? 0}${(m[9] ?? '').padEnd(6, '0')}`) * (m[7] === '-' ? -1n : 1n);
  return days * DAY_MICROS + (part(5) * 3600n + part(6) * 60n) * 1_000_000n + seconds;
}

/** Element by element, NULL greatest, then the shorter one first; dimensions do not count before elements do. */
function compareArrays(element: ValueType): Compare {
  const compare = compareOf(element);
  const delimiter = arrayDelimiter(element.name);
  return (a, b) => {
    const x = elements(a, delimiter);
    const y = elements(b, delimiter);
    for (let i = 0; i < x.length && i < y.length; i++) {
      const [left, right] = [x[i] as string | null, y[i] as string | null];
      if (left === right) continue;
      if (left === null) return 1;
      const order = right === null ? -1 : compare(left, right);
      if (order !== 0) return order;
    }
    return x.length - y.length;
  };
}

function elements(text: string, delimiter: string): (string | null)[] {
  const parsed = parseArray<string | null>(text, delimiter, (value) => value);
  return parsed instanceof ConversionFailed ? [text] : (parsed.flat(6) as (string | null)[]);
}
