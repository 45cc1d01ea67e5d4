import { Binary, Double, Int32, Long } from 'bson';

// Named here once: under Jest each look-up of a global costs more than what is done with it.
const { isArray } = Array;
const { entries, getPrototypeOf, hasOwn, keys, is, prototype: plainPrototype } = Object;
const OrderedFields = Map;
const Time = Date;

/**
 * A document as it is kept; never changed once it is. Its numbers are JavaScript's where that says their BSON type (an integer
 * of 32 bits, any other double), and `Double` or `Long` elsewhere; a `Map` stays one, for the order of its fields.
 */
export type Stored = Record<string, unknown> | Map<string, unknown>;

/** It cannot be written as BSON. */
export class NotBson extends Error {
  override readonly name = 'NotBson';
}

const PER_VALUE = 16;

/** Takes documents in: copies them, all the way down, into the form that they are kept in. */
export class Intake {
  /** Of all that was taken in, at most. */
  bytes = 0;

  document(doc: object): Stored {
    return this.value(doc) as Stored;
  }

  value(value: unknown): unknown {
    this.bytes += PER_VALUE;
    switch (typeof value) {
      case 'string':
        this.bytes += 3 * value.length;
        return value;
      case 'object':
        return value === null ? null : this.object(value);
      case 'bigint':
        return Long.fromBigInt(value);
      case 'undefined':
        return null;
      default:
        return value;
    }
  }

  private object(value: object): unknown {
    if (isArray(value)) return value.map((element) => this.value(element));
    if (getPrototypeOf(value) === plainPrototype) return this.plain(value as Record<string, unknown>);
    if (value instanceof OrderedFields) return this.map(value);
    if ('_bsontype' in value) return this.wrapped(value);
    if (value instanceof Time) return new Time(value.getTime());
    if (value instanceof Uint8Array) {
      this.bytes += value.length;
      return new Binary(Uint8Array.from(value));
    }
    return this.plain(value as Record<string, unknown>);
  }

  private plain(value: Record<string, unknown>): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const key of keys(value)) setField(copy, this.key(key), this.value(value[key]));
    return copy;
  }

  private map(value: Map<string, unknown>): Map<string, unknown> {
    const copy = new OrderedFields<string, unknown>();
    for (const [key, element] of value) copy.set(this.key(key), this.value(element));
    return copy;
  }

  private key(key: string): string {
    if (key.includes('\0')) throw new NotBson('a field name has a null character');
    this.bytes += 3 * key.length;
    return key;
  }

  private wrapped(value: object): unknown {
    if (value instanceof Int32) return value.value;
    if (value instanceof Double) return isInt32(value.value) ? value : value.value;
    if (value instanceof Binary) this.bytes += value.buffer.length;
    return value;
  }
}

/** A copy for whoever reads it: `exact` keeps BSON types apart, as the driver does when it does not promote values. */
export function taken(value: unknown, exact: boolean): unknown {
  if (typeof value === 'number') return exact ? (isInt32(value) ? new Int32(value) : new Double(value)) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map((element) => taken(element, exact));
  if (value instanceof Time) return new Time(value.getTime());
  if ('_bsontype' in value) return exact ? value : promoted(value);
  const copy: Record<string, unknown> = {};
  if (value instanceof OrderedFields) for (const [key, element] of value) setField(copy, key, taken(element, exact));
  else for (const key of keys(value)) setField(copy, key, taken((value as Record<string, unknown>)[key], exact));
  return copy;
}

function promoted(value: object): unknown {
  if (value instanceof Double) return value.value;
  if (!(value instanceof Long) || (value as { _bsontype: string })._bsontype !== 'Long') return value;
  const number = value.toNumber();
  return Number.isSafeInteger(number) ? number : value;
}

export const isInt32 = (value: number): boolean => (value | 0) === value && !is(value, -0);

/** A document, not an array or a single value. */
export function isDocument(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null || isArray(value)) return false;
  if (getPrototypeOf(value) === plainPrototype) return true;
  return value instanceof OrderedFields || !('_bsontype' in value || value instanceof Time || value instanceof RegExp);
}

export function fieldsOf(value: Stored): Iterable<[string, unknown]> {
  return value instanceof OrderedFields ? value : entries(value);
}

export function fieldOf(value: Stored, name: string): unknown {
  if (value instanceof OrderedFields) return value.get(name);
  return hasOwn(value, name) ? value[name] : undefined;
}

export function setField(value: Stored, name: string, to: unknown): void {
  if (value instanceof OrderedFields) value.set(name, to);
  else if (name === '__proto__') {
    Object.defineProperty(value, name, { value: to, enumerable: true, configurable: true, writable: true });
  } else value[name] = to;
}
