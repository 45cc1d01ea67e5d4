import { Binary, Double, Long, ObjectId } from 'bson';
import type { BsonType, ValueType } from '#model';
import { arrayDelimiter, parseArray } from './array-text.js';
import type { BsonValue } from './bson-value.js';
import { ConversionFailed } from './conversion-failed.js';
import { dateOf, freeDateOf, timestampOf } from './dates.js';
import { decimalOf, parsedDecimal } from './decimal.js';
import { jsonOf } from './json.js';
import { doubleOf, integerOf, longOf, nearestDouble, parsedDouble, parsedInt32, parsedLong } from './numbers.js';
import { withoutPadding } from './padding.js';

/** Of the source's text; null stays null. A failure is returned, never thrown. */
export type Converter = (text: string | null) => BsonValue | ConversionFailed;
type Convert = (text: string) => BsonValue | ConversionFailed;

const TYPE_MISMATCH = ConversionFailed.of('TYPE_MISMATCH');
const UUID_SUBTYPE = 4;
const TRUE = /^(?:t|true|y|yes|on|1)$/i;
const FALSE = /^(?:f|false|n|no|off|0)$/i;

/** Made once per field: what the mapping makes of every value of a column. */
export function converter(type: ValueType, override: BsonType | undefined): Converter {
  const convert = compile(type, override);
  return (text) => (text === null ? null : convert(text));
}

function compile(type: ValueType, override: BsonType | undefined): Convert {
  if (override === 'string') return stringOf(type);
  if (type.kind === 'array') return arrayOf(type.element, override);
  return override === undefined ? defaultOf(type) : overridden(type, override);
}

function arrayOf(element: ValueType, override: BsonType | undefined): Convert {
  const convert = converter(element, override);
  const delimiter = arrayDelimiter(element.name);
  return (text) => parseArray(text, delimiter, convert) as BsonValue | ConversionFailed;
}

function defaultOf(type: Exclude<ValueType, { kind: 'array' }>): Convert {
  switch (type.kind) {
    case 'int16':
    case 'int32':
      return Number;
    case 'int64':
    case 'oid':
      return longOf;
    case 'float32':
    case 'float64':
      return doubleOf;
    case 'numeric':
      return decimalOf;
    case 'bool':
      return isTrue;
    case 'bytes':
      return binaryOf;
    case 'uuid':
      return uuidOf;
    case 'date':
      return dateOf;
    case 'timestamp':
    case 'timestamptz':
      return timestampOf;
    case 'json':
      return jsonOf;
    case 'char':
      return withoutPadding;
    case 'text':
    case 'enum':
    case 'interval':
    case 'time':
      return same;
  }
}

function stringOf(type: ValueType): Convert {
  if (type.kind === 'bool') return (text) => (isTrue(text) ? 'true' : 'false');
  return type.kind === 'char' ? withoutPadding : same;
}

function overridden(type: Exclude<ValueType, { kind: 'array' }>, override: BsonType): Convert {
  switch (type.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
    case 'oid':
    case 'float32':
    case 'float64':
    case 'numeric':
      return numberAs(override);
    case 'bool':
      return boolAs(override);
    case 'text':
    case 'enum':
      return textAs(override);
    case 'char': {
      const convert = textAs(override);
      return (text) => convert(withoutPadding(text));
    }
    case 'bytes':
      return bytesAs(override);
    case 'uuid':
      return override === 'binary' ? plainBinaryOfUuid : override === 'uuid' ? uuidOf : mismatch;
    case 'date':
      return override === 'date' ? dateOf : mismatch;
    case 'timestamp':
    case 'timestamptz':
      return override === 'date' ? timestampOf : mismatch;
    case 'json':
      return override === 'json' ? jsonOf : mismatch;
    case 'interval':
    case 'time':
      return mismatch;
  }
}

function numberAs(override: BsonType): Convert {
  switch (override) {
    case 'int':
      return parsedInt32;
    case 'long':
      return parsedLong;
    case 'double':
      return nearestDouble;
    case 'decimal':
      return decimalOf;
    case 'bool':
      return booleanOfNumber;
    default:
      return mismatch;
  }
}

function boolAs(override: BsonType): Convert {
  switch (override) {
    case 'bool':
      return isTrue;
    case 'int':
      return (text) => (isTrue(text) ? 1 : 0);
    case 'long':
      return (text) => Long.fromInt(isTrue(text) ? 1 : 0);
    case 'double':
      return (text) => new Double(isTrue(text) ? 1 : 0);
    case 'decimal':
      return (text) => decimalOf(isTrue(text) ? '1' : '0');
    default:
      return mismatch;
  }
}

function textAs(override: BsonType): Convert {
  switch (override) {
    case 'string':
      return same;
    case 'int':
      return parsedInt32;
    case 'long':
      return parsedLong;
    case 'double':
      return parsedDouble;
    case 'decimal':
      return parsedDecimal;
    case 'bool':
      return booleanOfText;
    case 'date':
      return freeDateOf;
    case 'binary':
      return (text) => new Binary(Buffer.from(text, 'utf8'), 0);
    case 'uuid':
      return checkedUuidOf;
    case 'objectId':
      return objectIdOfHex;
    case 'json':
      return jsonOf;
  }
}

function bytesAs(override: BsonType): Convert {
  switch (override) {
    case 'binary':
      return binaryOf;
    case 'uuid':
      return (text) =>
        text.length === 34 ? new Binary(bytesOf(text), UUID_SUBTYPE) : ConversionFailed.of('INVALID_UUID');
    case 'objectId':
      return (text) => (text.length === 26 ? new ObjectId(bytesOf(text)) : ConversionFailed.of('INVALID_OBJECT_ID'));
    default:
      return mismatch;
  }
}

function same(text: string): string {
  return text;
}

function mismatch(): ConversionFailed {
  return TYPE_MISMATCH;
}

function isTrue(text: string): boolean {
  return text === 't' || text === 'true';
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex');
}

/** PostgreSQL's `\x…`. */
function binaryOf(text: string): Binary | ConversionFailed {
  return text.startsWith('\\x') ? new Binary(bytesOf(text), 0) : ConversionFailed.of('INVALID_VALUE');
}

function uuidOf(text: string): Binary {
  return new Binary(uuidBytes(text), UUID_SUBTYPE);
}

function plainBinaryOfUuid(text: string): Binary {
  return new Binary(uuidBytes(text), 0);
}

function uuidBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

function checkedUuidOf(text: string): Binary | ConversionFailed {
  const digits = text
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(digits)) return ConversionFailed.of('INVALID_UUID');
  return new Binary(Buffer.from(digits, 'hex'), UUID_SUBTYPE);
}

function objectIdOfHex(text: string): ObjectId | ConversionFailed {
  return /^[0-9a-f]{24}$/i.test(text) ? ObjectId.createFromHexString(text) : ConversionFailed.of('INVALID_OBJECT_ID');
}

function booleanOfNumber(text: string): boolean | ConversionFailed {
  const value = integerOf(text);
  return value === 1n ? true : value === 0n ? false : ConversionFailed.of('NOT_A_BOOLEAN');
}

function booleanOfText(text: string): boolean | ConversionFailed {
  const trimmed = text.trim();
  return TRUE.test(trimmed) ? true : FALSE.test(trimmed) ? false : ConversionFailed.of('NOT_A_BOOLEAN');
}
