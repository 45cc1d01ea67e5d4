import { Decimal128 } from 'bson';
import { ConversionFailed } from './conversion-failed.js';

const BIAS = 6176;
const EXPONENT_MIN = -6176;
const EXPONENT_MAX = 6111;
const MAX_DIGITS = 34;
const NAN = 0x7c00;
const INFINITE = 0x7800;
const TOO_LARGE = ConversionFailed.of('NUMERIC_TOO_LARGE');
const NUMBER = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * The decimal128 that is exactly the number in `text`, scale kept; trailing zeros are dropped only where it would not
 * fit otherwise, and then as few as needed. The 16 bytes are made here: js-bson's `fromString` takes 2 µs, and miscounts
 * digits of some long texts; `text` may have an exponent (JSON, double precision).
 */
export function decimalOf(text: string): Decimal128 | ConversionFailed {
  const length = text.length;
  const negative = text.charCodeAt(0) === 45;
  if (length - (negative ? 1 : 0) > 16) return longDecimal(text);
  let coefficient = 0;
  let point = -1;
  for (let i = negative ? 1 : 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) coefficient = coefficient * 10 + digit;
    else if (digit === -2 && point < 0 && i > 0) point = i;
    else return longDecimal(text);
  }
  // 16 characters can be a whole number above 2^53, of which doubles skip some.
  if (coefficient > Number.MAX_SAFE_INTEGER) return longDecimal(text);
  return shortDecimal(negative, coefficient, point < 0 ? 0 : length - 1 - point);
}

/** A number in free text: unlike the source's own, it may be none. */
export function parsedDecimal(text: string): Decimal128 | ConversionFailed {
  const trimmed = text.trim().replace(/^\+(?=\d)/, '');
  return NUMBER.test(trimmed) ? decimalOf(trimmed) : specialDecimal(trimmed);
}

function shortDecimal(negative: boolean, coefficient: number, scale: number): Decimal128 {
  const bytes = Buffer.allocUnsafe(16);
  const low = coefficient | 0;
  const middle = (coefficient - (coefficient >>> 0)) / 0x1_0000_0000;
  bytes[0] = low;
  bytes[1] = low >>> 8;
  bytes[2] = low >>> 16;
  bytes[3] = low >>> 24;
  bytes[4] = middle;
  bytes[5] = middle >>> 8;
  bytes[6] = middle >>> 16;
  bytes[7] = 0;
  bytes[8] = 0;
  bytes[9] = 0;
  bytes[10] = 0;
  bytes[11] = 0;
  bytes[12] = 0;
  bytes[13] = 0;
  const biased = BIAS - scale;
  bytes[14] = biased << 1;
  bytes[15] = (biased >>> 7) | (negative ? 0x80 : 0);
  return new Decimal128(bytes);
}

function longDecimal(text: string): Decimal128 | ConversionFailed {
  const match = NUMBER.exec(text);
  if (match === null) return specialDecimal(text);
  const negative = match[1] === '-';
  const fraction = match[3] ?? '';
  const digits = stripLeadingZeros((match[2] as string) + fraction);
  const exponent = (match[4] === undefined ? 0 : Number(match[4])) - fraction.length;
  return digits === '' ? encode(negative, 0n, clamp(exponent)) : fitted(negative, digits, exponent);
}

/** Moves between coefficient and exponent only zeros, and only as many as the format's bounds ask for. */
function fitted(negative: boolean, digits: string, exponent: number): Decimal128 | ConversionFailed {
  const drop = Math.max(digits.length - MAX_DIGITS, EXPONENT_MIN - exponent, 0);
  if (drop >= digits.length) return TOO_LARGE;
  for (let i = digits.length - drop; i < digits.length; i++) if (digits.charCodeAt(i) !== 48) return TOO_LARGE;
  const kept = digits.slice(0, digits.length - drop);
  const pad = Math.max(exponent + drop - EXPONENT_MAX, 0);
  if (kept.length + pad > MAX_DIGITS) return TOO_LARGE;
  return encode(negative, BigInt(pad === 0 ? kept : kept + '0'.repeat(pad)), exponent + drop - pad);
}

function encode(negative: boolean, coefficient: bigint, exponent: number): Decimal128 {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigUInt64LE(coefficient & 0xffff_ffff_ffff_ffffn, 0);
  const high = (coefficient >> 64n) | (BigInt(exponent + BIAS) << 49n) | (negative ? 1n << 63n : 0n);
  bytes.writeBigUInt64LE(high, 8);
  return new Decimal128(bytes);
}

function specialDecimal(text: string): Decimal128 | ConversionFailed {
  const top = text === 'NaN' ? NAN : text === 'Infinity' ? INFINITE : text === '-Infinity' ? INFINITE | 0x8000 : null;
  if (top === null) return ConversionFailed.of('NOT_A_NUMBER');
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(top, 14);
  return new Decimal128(bytes);
}

function clamp(exponent: number): number {
  return Math.min(Math.max(exponent, EXPONENT_MIN), EXPONENT_MAX);
}

function stripLeadingZeros(digits: string): string {
  let start = 0;
  while (start < digits.length && digits.charCodeAt(start) === 48) start++;
  return start === 0 ? digits : digits.slice(start);
}
