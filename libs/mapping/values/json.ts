import { Double } from 'bson';
import { type BsonDocument, type BsonValue, needsMap } from './bson-value.js';
import { ConversionFailed } from './conversion-failed.js';
import { decimalOf } from './decimal.js';
import { longOfBigInt, longOfSafe } from './numbers.js';

const INVALID = ConversionFailed.of('INVALID_JSON');
const TOO_DEEP = ConversionFailed.of('JSON_TOO_DEEP');
const KEY_WITH_NUL = ConversionFailed.of('JSON_KEY_WITH_NUL');
const MAX_DEPTH = 100;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const INT64_DIGITS = 19;

/** What numbers, objects and their like become; so that documents and expressions read JSON by one parser. */
export interface JsonTarget<T> {
  number(literal: string): T | ConversionFailed;
  object(entries: Map<string, T>): T;
  array(items: T[]): T;
  scalar(value: string | boolean | null): T | ConversionFailed;
}

/**
 * JSON as PostgreSQL keeps it: order of keys, a later duplicate wins (in the place of the first), any number, `__proto__`
 * an ordinary key. `JSON.parse` would round numbers and move keys.
 */
export function parseJson<T>(text: string, target: JsonTarget<T>): T | ConversionFailed {
  return new JsonParser(text, target).parse();
}

export function jsonOf(text: string): BsonValue | ConversionFailed {
  return parseJson(text, BSON_TARGET);
}

const BSON_TARGET: JsonTarget<BsonValue> = {
  number: jsonNumber,
  object: documentOf,
  array: (items) => items,
  scalar: (value) => value,
};

function documentOf(entries: Map<string, BsonValue>): BsonDocument {
  for (const key of entries.keys()) if (needsMap(key)) return entries;
  return Object.fromEntries(entries);
}

/** Integer literals by size; other numbers double where the double's shortest text is the same number, else decimal128. */
export function jsonNumber(literal: string): BsonValue | ConversionFailed {
  if (!/[.eE]/.test(literal)) {
    const value = Number(literal);
    if (value >= -2147483648 && value <= 2147483647) return value === 0 ? 0 : value;
    if (Number.isSafeInteger(value)) return longOfSafe(value);
    const long = literal.length <= INT64_DIGITS + 1 ? longOfBigInt(BigInt(literal)) : undefined;
    return long === undefined || long instanceof ConversionFailed ? decimalOf(literal) : long;
  }
  return isSameNumber(literal, Number(literal)) ? new Double(Number(literal)) : decimalOf(literal);
}

/** Whether the shortest text of `value` names the same number as the literal: then nothing is lost. */
export function isSameNumber(literal: string, value: number): boolean {
  return Number.isFinite(value) && normalized(literal) === normalized(String(value));
}

function normalized(literal: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal);
  if (match === null) return literal;
  const fraction = match[3] ?? '';
  const digits = ((match[2] as string) + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${match[1]}${significant}e${Number(match[4] ?? 0) - fraction.length + digits.length - significant.length}`;
}

class JsonParser<T> {
  private at = 0;
  private failure: ConversionFailed | undefined;

  constructor(
    private readonly text: string,
    private readonly target: JsonTarget<T>,
  ) {}

  parse(): T | ConversionFailed {
    const value = this.value(0);
    if (this.failure !== undefined) return this.failure;
    this.skipSpace();
    return this.at === this.text.length ? (value as T) : INVALID;
  }

  private fail(failure: ConversionFailed): undefined {
    this.failure ??= failure;
    return undefined;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.at++;
    }
  }

  private value(depth: number): T | undefined {
    this.skipSpace();
    switch (this.text.charCodeAt(this.at)) {
      case 123:
        return depth >= MAX_DEPTH ? this.fail(TOO_DEEP) : this.object(depth + 1);
      case 91:
        return depth >= MAX_DEPTH ? this.fail(TOO_DEEP) : this.array(depth + 1);
      case 34:
        return this.string();
      case 116:
        return this.literal('true', true);
      case 102:
        return this.literal('false', false);
      case 110:
        return this.literal('null', null);
      default:
        return this.number();
    }
  }

  private literal(word: string, value: boolean | null): T | undefined {
    if (!this.text.startsWith(word, this.at)) return this.fail(INVALID);
    this.at += word.length;
    return this.checked(this.target.scalar(value));
  }

  private checked(value: T | ConversionFailed): T | undefined {
    return value instanceof ConversionFailed ? this.fail(value) : value;
  }

  private number(): T | undefined {
    NUMBER.lastIndex = this.at;
    const literal = NUMBER.exec(this.text)?.[0];
    if (literal === undefined) return this.fail(INVALID);
    this.at += literal.length;
    return this.checked(this.target.number(literal));
  }

  private string(): T | undefined {
    const value = this.rawString();
    return value === undefined ? undefined : this.checked(this.target.scalar(value));
  }

  private rawString(): string | undefined {
    const start = this.at + 1;
    let escaped = false;
    for (let i = start; i < this.text.length; i++) {
      const code = this.text.charCodeAt(i);
      if (code === 92) {
        escaped = true;
        i++;
      } else if (code === 34) {
        this.at = i + 1;
        return this.unescaped(this.text.slice(start, i), escaped);
      } else if (code < 32) break;
    }
    return this.fail(INVALID);
  }

  private unescaped(raw: string, escaped: boolean): string | undefined {
    if (!escaped) return raw;
    try {
      const value = JSON.parse(`"${raw}"`) as string;
      return LONE_SURROGATE.test(value) ? this.fail(INVALID) : value;
    } catch {
      return this.fail(INVALID);
    }
  }

  private object(depth: number): T | undefined {
    const entries = new Map<string, T>();
    this.at++;
    this.skipSpace();
    if (this.text.charCodeAt(this.at) === 125) {
      this.at++;
      return this.target.object(entries);
    }
    for (;;) {
      if (!this.member(entries, depth)) return undefined;
      this.skipSpace();
      const code = this.text.charCodeAt(this.at++);
      if (code === 125) return this.target.object(entries);
      if (code !== 44) return this.fail(INVALID);
    }
  }

  private member(entries: Map<string, T>, depth: number): boolean {
    this.skipSpace();
    const key = this.text.charCodeAt(this.at) === 34 ? this.rawString() : this.fail(INVALID);
    if (key?.includes('\0')) this.fail(KEY_WITH_NUL);
    this.skipSpace();
    if (this.text.charCodeAt(this.at++) !== 58) this.fail(INVALID);
    const value = this.failure === undefined ? this.value(depth) : undefined;
    if (this.failure !== undefined) return false;
    entries.set(key as string, value as T);
    return true;
  }

  private array(depth: number): T | undefined {
    const items: T[] = [];
    this.at++;
    this.skipSpace();
    if (this.text.charCodeAt(this.at) === 93) {
      this.at++;
      return this.target.array(items);
    }
    for (;;) {
      const item = this.value(depth);
      if (this.failure !== undefined) return undefined;
      items.push(item as T);
      this.skipSpace();
      const code = this.text.charCodeAt(this.at++);
      if (code === 93) return this.target.array(items);
      if (code !== 44) return this.fail(INVALID);
    }
  }
}
