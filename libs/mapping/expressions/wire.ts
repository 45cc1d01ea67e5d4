import type { ValueType } from '#model';
import { arrayDelimiter, parseArray } from '../values/array-text.js';
import { ConversionFailed } from '../values/conversion-failed.js';
import { dateMs, timestampMs } from '../values/dates.js';
import { isSameNumber, type JsonTarget, parseJson } from '../values/json.js';
import { withoutPadding } from '../values/padding.js';

/**
 * How a column enters the sandbox. `encode` makes of the source's text what JSON can carry; `decode` is the source of a
 * JavaScript expression over `v` (never null) and the guest's `lib` that makes of it what `columns.x` is: numbers for int
 * and double, BigInt for long, decimals as strings, Date, uuid as its text, bytes as Uint8Array, JSON and arrays as such.
 */
export interface WireForm {
  encode(text: string): unknown;
  /** Null: what JSON carries is the value itself. */
  decode: string | null;
}

export function wireFormOf(type: ValueType): WireForm {
  switch (type.kind) {
    case 'int16':
    case 'int32':
      return { encode: Number, decode: null };
    case 'int64':
    case 'oid':
      return { encode: same, decode: 'lib.BigInt(v)' };
    case 'float32':
    case 'float64':
      return { encode: same, decode: 'lib.Number(v)' };
    case 'bool':
      return { encode: (text) => text === 't' || text === 'true', decode: null };
    case 'date':
      return { encode: dateMs, decode: 'new lib.Date(v)' };
    case 'timestamp':
    case 'timestamptz':
      return { encode: timestampMs, decode: 'new lib.Date(v)' };
    case 'bytes':
      return { encode: (text) => text.slice(2), decode: 'lib.bytes(v)' };
    case 'json':
      return { encode: encodeJson, decode: 'lib.json(v)' };
    case 'array':
      return arrayForm(type.element);
    case 'char':
      return { encode: withoutPadding, decode: null };
    case 'numeric':
    case 'text':
    case 'enum':
    case 'interval':
    case 'time':
    case 'uuid':
      return { encode: same, decode: null };
  }
}

function same(text: string): string {
  return text;
}

function arrayForm(element: ValueType): WireForm {
  const form = wireFormOf(element);
  const delimiter = arrayDelimiter(element.name);
  const convert = (text: string | null) => (text === null ? null : (form.encode(text) as ConversionFailed | string));
  return {
    encode: (text) => parseArray<unknown>(text, delimiter, convert),
    decode: form.decode === null ? null : `lib.array(v, (v) => ${form.decode})`,
  };
}

/** Numbers that `JSON.parse` may round are long, or have an exponent; the same in a string costs only time. */
const MAY_BE_ROUNDED = /\d[\d.]{14,}|\d[eE]/;

/** `=` and the text as it is, where the guest's own parser reads it without loss; else `#` and tagged leaves. */
function encodeJson(text: string): string | ConversionFailed {
  if (!MAY_BE_ROUNDED.test(text)) return `=${text}`;
  const tagged = parseJson(text, TAGGED);
  return tagged instanceof ConversionFailed ? tagged : `#${tagged}`;
}

const TAGGED: JsonTarget<string> = {
  number: (literal) => {
    if (isSameNumber(literal, Number(literal))) return `"n${literal}"`;
    return /[.eE]/.test(literal) ? `"s${literal}"` : `"i${literal}"`;
  },
  object: (entries) => `{${Array.from(entries, ([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`,
  array: (items) => `[${items.join(',')}]`,
  scalar: (value) =>
    value === null ? '"z"' : typeof value === 'boolean' ? (value ? '"t"' : '"f"') : JSON.stringify(`s${value}`),
};
