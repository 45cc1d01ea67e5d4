import { Double, Long } from 'bson';
import { ConversionFailed } from './conversion-failed.js';

const TOO_LARGE = ConversionFailed.of('NUMERIC_TOO_LARGE');
const NOT_AN_INTEGER = ConversionFailed.of('NOT_AN_INTEGER');
const NOT_A_NUMBER = ConversionFailed.of('NOT_A_NUMBER');
const NUMBER = /^\s*([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?\s*$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const TWO_32 = 4294967296;

/** An integer that a double holds exactly. */
export function longOfSafe(value: number): Long {
  return new Long(value | 0, Math.floor(value / TWO_32) | 0);
}

export function longOfBigInt(value: bigint): Long | ConversionFailed {
  if (value < INT64_MIN || value > INT64_MAX) return TOO_LARGE;
  return Long.fromBigInt(value);
}

/** The source's own text of an integer column. */
export function longOf(text: string): Long | ConversionFailed {
  return text.length <= 15 ? longOfSafe(+text) : longOfBigInt(BigInt(text));
}

export function doubleOf(text: string): Double {
  return new Double(+text);
}

/** The nearest double; a number beyond its range is none of them, and not infinity. */
export function nearestDouble(text: string): Double | ConversionFailed {
  const value = +text;
  if (Number.isFinite(value)) return new Double(value);
  return Number.isNaN(value) || text.endsWith('Infinity') ? new Double(value) : TOO_LARGE;
}

/** A number in free text (also PostgreSQL's `NaN` and `Infinity`), nearest double. */
export function parsedDouble(text: string): Double | ConversionFailed {
  const trimmed = text.trim();
  if (trimmed === 'NaN' || trimmed === 'Infinity' || trimmed === '-Infinity') return new Double(+trimmed);
  return NUMBER.test(trimmed) ? nearestDouble(trimmed) : NOT_A_NUMBER;
}

/** A whole number in any notation (`12`, `12.00`, `1.2e1`), exactly. */
export function integerOf(text: string): bigint | ConversionFailed {
  const match = NUMBER.exec(text);
  if (match === null) return isSpecial(text) ? NOT_AN_INTEGER : NOT_A_NUMBER;
  const fraction = match[3] ?? '';
  const digits = ((match[2] as string) + fraction).replace(/^0+/, '');
  if (digits === '') return 0n;
  const exponent = (match[4] === undefined ? 0 : Number(match[4])) - fraction.length;
  const whole = shifted(digits, exponent);
  if (whole instanceof ConversionFailed) return whole;
  return match[1] === '-' ? -whole : whole;
}

function shifted(digits: string, exponent: number): bigint | ConversionFailed {
  // 38 digits are beyond every integer type here; no need to build numbers of a million digits.
  if (digits.length + exponent > 38) return TOO_LARGE;
  if (exponent >= 0) return BigInt(digits + '0'.repeat(exponent));
  const cut = digits.length + exponent;
  if (cut <= 0 || /[1-9]/.test(digits.slice(cut))) return NOT_AN_INTEGER;
  return BigInt(digits.slice(0, cut));
}

function isSpecial(text: string): boolean {
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity';
}

export function parsedInt32(text: string): number | ConversionFailed {
  const value = integerOf(text);
  if (value instanceof ConversionFailed) return value;
  return value < -2147483648n || value > 2147483647n ? TOO_LARGE : Number(value);
}

export function parsedLong(text: string): Long | ConversionFailed {
  const value = integerOf(text);
  return value instanceof ConversionFailed ? value : longOfBigInt(value);
}
