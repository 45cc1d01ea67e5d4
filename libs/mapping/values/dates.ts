import { ConversionFailed } from './conversion-failed.js';

const OUT_OF_RANGE = ConversionFailed.of('DATE_OUT_OF_RANGE');
const INFINITE = ConversionFailed.of('INFINITE_DATE');
const INVALID = ConversionFailed.of('INVALID_DATE');
const MAX_MS = 8.64e15;
const DAY_MS = 86_400_000;
const DATE = /^(\d{4,})-(\d\d)-(\d\d)( BC)?$/;
const TIMESTAMP =
  /^(\d{4,})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(?:(Z)|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?( BC)?$/;

/** Days since 1970-01-01 of a day in the proleptic Gregorian calendar; `year` is astronomical (1 BC is 0). */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Two digits at `at`, or NaN-like garbage that the caller has excluded by the separators around them. */
function two(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

/** Midnight UTC of PostgreSQL's ISO text of a date, in milliseconds. */
export function dateMs(text: string): number | ConversionFailed {
  if (text.length === 10 && text.charCodeAt(4) === 45 && text.charCodeAt(7) === 45) {
    return daysOf(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8)) * DAY_MS;
  }
  const match = DATE.exec(text);
  if (match === null) return isInfinite(text) ? INFINITE : INVALID;
  return inRange(daysOf(yearOf(match[1] as string, match[4]), Number(match[2]), Number(match[3])) * DAY_MS);
}

/** PostgreSQL's ISO text in UTC, in milliseconds; microseconds are cut towards the past. */
export function timestampMs(text: string): number | ConversionFailed {
  const length = text.length;
  if (length < 19 || text.charCodeAt(4) !== 45 || text.charCodeAt(13) !== 58 || !endsInUtc(text, length))
    return parsedTimestampMs(text);
  const days = daysOf(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8));
  const seconds = two(text, 11) * 3600 + two(text, 14) * 60 + two(text, 17);
  return days * DAY_MS + seconds * 1000 + millisecondsAt(text, length);
}

/** No zone, or `+00`: everything else takes the long way. */
function endsInUtc(text: string, length: number): boolean {
  const third = text.charCodeAt(length - 3);
  if (third === 43) return text.charCodeAt(length - 1) === 48 && text.charCodeAt(length - 2) === 48;
  return length === 19 || (text.charCodeAt(19) === 46 && length <= 26 && text.charCodeAt(length - 1) <= 57);
}

function millisecondsAt(text: string, length: number): number {
  if (length === 19 || text.charCodeAt(19) !== 46) return 0;
  let ms = 0;
  let scale = 100;
  for (let i = 20; i < 23 && i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    ms += digit * scale;
    scale /= 10;
  }
  return ms;
}

/** The long way: BC, years over 9999, other zones, and text that a user calls a date (validated). */
export function parsedTimestampMs(text: string): number | ConversionFailed {
  const match = TIMESTAMP.exec(text);
  if (match === null) return dateMs(text);
  const micros = microsOfMatch(match);
  return inRange(Number(micros / 1000n - (micros % 1000n < 0n ? 1n : 0n)));
}

/** Microseconds since 1970 for comparing: infinities are beyond everything; undefined where it is no timestamp. */
export function timestampMicros(text: string): bigint | undefined {
  if (text === 'infinity') return 2n ** 80n;
  if (text === '-infinity') return -(2n ** 80n);
  const match = TIMESTAMP.exec(text);
  if (match !== null) return microsOfMatch(match);
  const date = DATE.exec(text);
  if (date === null) return undefined;
  return BigInt(daysOf(yearOf(date[1] as string, date[4]), Number(date[2]), Number(date[3]))) * 86_400_000_000n;
}

function microsOfMatch(match: RegExpExecArray): bigint {
  const days = daysOf(yearOf(match[1] as string, match[13]), Number(match[2]), Number(match[3]));
  const seconds = Number(match[4]) * 3600 + Number(match[5]) * 60 + Number(match[6] ?? 0);
  const offset =
    (Number(match[10] ?? 0) * 3600 + Number(match[11] ?? 0) * 60 + Number(match[12] ?? 0)) *
    (match[9] === '-' ? -1 : 1);
  const micros = (match[7] ?? '').slice(0, 6).padEnd(6, '0');
  return BigInt(days * 86_400 + seconds - offset) * 1_000_000n + BigInt(micros);
}

function yearOf(digits: string, bc: string | undefined): number {
  return bc === undefined ? Number(digits) : 1 - Number(digits);
}

function inRange(ms: number): number | ConversionFailed {
  return ms >= -MAX_MS && ms <= MAX_MS ? ms : OUT_OF_RANGE;
}

function isInfinite(text: string): boolean {
  return text === 'infinity' || text === '-infinity';
}

export function dateOf(text: string): Date | ConversionFailed {
  const ms = dateMs(text);
  return typeof ms === 'number' ? new Date(ms) : ms;
}

export function timestampOf(text: string): Date | ConversionFailed {
  const ms = timestampMs(text);
  return typeof ms === 'number' ? new Date(ms) : ms;
}

/** A date or timestamp in free text; unlike in the source's own, its parts may be out of bounds. */
export function freeDateOf(text: string): Date | ConversionFailed {
  const trimmed = text.trim();
  if (isInfinite(trimmed)) return INFINITE;
  const timestamp = TIMESTAMP.exec(trimmed);
  const date = DATE.exec(trimmed);
  if (
    timestamp !== null
      ? !isTimeOfDay(timestamp) || !isDay(timestamp, timestamp[13])
      : date === null || !isDay(date, date[4])
  )
    return INVALID;
  const ms = parsedTimestampMs(trimmed);
  return typeof ms === 'number' ? new Date(ms) : ms;
}

function isTimeOfDay(match: RegExpExecArray): boolean {
  return Number(match[4]) < 24 && Number(match[5]) < 60 && Number(match[6] ?? 0) < 60;
}

function isDay(match: RegExpExecArray, bc: string | undefined): boolean {
  const [year, month, day] = [yearOf(match[1] as string, bc), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1) return false;
  const following = month === 12 ? daysOf(year + 1, 1, 1) : daysOf(year, month + 1, 1);
  return day <= following - daysOf(year, month, 1);
}
