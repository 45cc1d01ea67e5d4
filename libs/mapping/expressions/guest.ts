/**
 * What runs inside the sandbox before any expression: takes away the clock, randomness, compilers and what runs later,
 * pins the time zone to UTC (the host's would show otherwise), and freezes everything that is shared, so that no
 * evaluation can leave anything behind for another. Its value is a function that makes runners.
 */
export const GUEST = String.raw`'use strict';
(() => {
  const Original = Date;
  const NO_CLOCK = 'expressions have no clock: give Date an argument';
  const ZONED = /(?:Z|UTC|GMT|[+-]\d\d:?\d\d|[ECMP][SD]T)\s*(?:\(.*\))?\s*$/i;
  const DATE_ONLY = /^\s*[+-]?\d{4,6}(?:-\d\d(?:-\d\d)?)?\s*$/;
  const ISO_TIME = /\dT\d/i;

  const parse = Original.parse;
  const parseUtc = (text) => {
    const s = String(text);
    if (ZONED.test(s) || DATE_ONLY.test(s)) return parse(s);
    return parse(ISO_TIME.test(s) ? s.trim() + 'Z' : s.trim() + ' UTC');
  };
  const timeOf = (value) => {
    if (value instanceof Original) return value.getTime();
    const primitive = typeof value === 'object' && value !== null ? value[Symbol.toPrimitive]?.('default') ?? value.valueOf() : value;
    const plain = typeof primitive === 'object' && primitive !== null ? String(primitive) : primitive;
    return typeof plain === 'string' ? parseUtc(plain) : Number(plain);
  };
  function UtcDate(...args) {
    if (new.target === undefined || args.length === 0) throw new TypeError(NO_CLOCK);
    return Reflect.construct(Original, [args.length === 1 ? timeOf(args[0]) : Original.UTC(...args)], new.target);
  }
  const define = (object, name, value) => Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
  define(UtcDate, 'name', 'Date');
  define(UtcDate, 'length', 7);
  Object.defineProperty(UtcDate, 'prototype', { value: Original.prototype, writable: false });
  define(UtcDate, 'UTC', Original.UTC);
  define(UtcDate, 'parse', parseUtc);
  define(UtcDate, 'now', () => { throw new TypeError(NO_CLOCK); });
  const proto = Original.prototype;
  define(proto, 'constructor', UtcDate);
  for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
    define(proto, 'get' + part, proto['getUTC' + part]);
    if (part !== 'Day') define(proto, 'set' + part, proto['setUTC' + part]);
  }
  define(proto, 'getTimezoneOffset', function getTimezoneOffset() { return this.getTime() * 0; });
  define(proto, 'getYear', function getYear() { return this.getUTCFullYear() - 1900; });
  delete proto.setYear;
  const invalid = (date) => date.getTime() !== date.getTime();
  function toDateString() {
    if (invalid(this)) return 'Invalid Date';
    const [, day, month, year] = this.toUTCString().split(' ');
    return this.toUTCString().slice(0, 3) + ' ' + month + ' ' + day + ' ' + year;
  }
  function toTimeString() {
    return invalid(this) ? 'Invalid Date' : this.toUTCString().split(' ')[4] + ' GMT+0000 (Coordinated Universal Time)';
  }
  function toString() {
    return invalid(this) ? 'Invalid Date' : toDateString.call(this) + ' ' + toTimeString.call(this);
  }
  define(proto, 'toDateString', toDateString);
  define(proto, 'toTimeString', toTimeString);
  define(proto, 'toString', toString);
  define(proto, 'toLocaleDateString', toDateString);
  define(proto, 'toLocaleTimeString', toTimeString);
  define(proto, 'toLocaleString', toString);
  define(globalThis, 'Date', UtcDate);

  define(Math, 'random', () => { throw new TypeError('expressions have no randomness'); });

  // Methods that walk up to "length" without ever looking at the time limit.
  const LONGEST = 1e7;
  const TypedArray = Object.getPrototypeOf(Uint8Array);
  for (const [home, names] of [
    [Array.prototype, ['indexOf', 'lastIndexOf', 'includes', 'join', 'reverse', 'toReversed', 'slice', 'splice', 'toSpliced', 'fill', 'concat', 'copyWithin', 'sort', 'toSorted', 'shift', 'unshift', 'flat', 'with', 'toLocaleString']],
    [TypedArray.prototype, ['join', 'fill', 'reverse', 'toReversed', 'sort', 'toSorted', 'toLocaleString']],
  ]) {
    for (const name of names) {
      const original = home[name];
      if (original === undefined) continue;
      const bounded = { [name](...args) {
        if (this.length > LONGEST) throw new RangeError('an array of more than 10,000,000 elements');
        return Reflect.apply(original, this, args);
      } }[name];
      define(bounded, 'length', original.length);
      define(home, name, bounded);
    }
  }

  const noCompiler = () => { throw new TypeError('expressions cannot compile code'); };
  const functions = [function () {}, function* () {}, async function () {}, async function* () {}];
  for (const sample of functions) define(Object.getPrototypeOf(sample), 'constructor', noCompiler);
  for (const name of ['eval', 'Function', 'Promise', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics']) delete globalThis[name];

  const seen = new Set();
  const freeze = (value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
    seen.add(value);
    Object.freeze(value);
    freeze(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      freeze(property.value);
      freeze(property.get);
      freeze(property.set);
    }
  };
  freeze(globalThis);
  const iterators = [[][Symbol.iterator](), ''[Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), 'a'.matchAll(/a/g)];
  if (typeof Iterator === 'function') iterators.push([].values().map((x) => x), Iterator.from({ next() {} }));
  for (const sample of [...functions, ...iterators, functions[1](), functions[3]()]) freeze(Object.getPrototypeOf(sample));

  const HEX = '0123456789abcdef';
  const MAX_DEPTH = 100;
  const hexOf = (bytes) => {
    let hex = '';
    for (let i = 0; i < bytes.length; i++) hex += HEX[bytes[i] >> 4] + HEX[bytes[i] & 15];
    return hex;
  };
  const untag = (value) => {
    if (typeof value !== 'string') {
      for (const key of Object.keys(value)) Object.defineProperty(value, key, { value: untag(value[key]), writable: true, enumerable: true, configurable: true });
      return value;
    }
    const text = value.slice(1);
    switch (value[0]) {
      case 'z': return null;
      case 't': return true;
      case 'f': return false;
      case 'n': return Number(text);
      case 'i': return BigInt(text);
      default: return text;
    }
  };
  const lib = Object.freeze({
    BigInt, Number, Date: Original,
    bytes: (hex) => {
      const bytes = new Uint8Array(hex.length / 2);
      for (let i = 0; i < bytes.length; i++) bytes[i] = HEX.indexOf(hex[2 * i]) * 16 + HEX.indexOf(hex[2 * i + 1]);
      return bytes;
    },
    json: (text) => (text[0] === '=' ? JSON.parse(text.slice(1)) : untag(JSON.parse(text.slice(1)))),
    array: (items, decode) => items.map((item) => (item === null ? null : Array.isArray(item) ? lib.array(item, decode) : decode(item))),
    refuse: (columns, name, message) => Object.defineProperty(columns, name, { get() { throw new RangeError(name + ': ' + message); }, enumerable: true, configurable: true }),
  });

  const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const timeTag = (date) => {
    if (invalid(date)) throw new RangeError('the result is an invalid Date');
    return 'd' + date.getTime();
  };
  /** The tagged text of what is no tree; undefined for arrays and objects. */
  const leaf = (value) => {
    switch (typeof value) {
      case 'string': return 's' + value;
      case 'number': return value === 0 && 1 / value < 0 ? 'n-0' : 'n' + value;
      case 'boolean': return value ? 't' : 'f';
      case 'undefined': return 'z';
      case 'bigint': return 'i' + value;
      case 'object': return value === null ? 'z' : value instanceof Original ? timeTag(value) : value instanceof Uint8Array ? 'x' + hexOf(value) : undefined;
      default: throw new TypeError('the result is a ' + typeof value + ', which cannot be stored');
    }
  };
  const enter = (value, path) => {
    if (path.includes(value)) throw new TypeError('the result is cyclic');
    if (path.length >= MAX_DEPTH) throw new RangeError('the result is nested deeper than 100 levels');
    const kind = kindOf(value);
    if (kind !== 'Array' && kind !== 'Object') throw new TypeError('the result is a ' + kind + ', which cannot be stored');
    path.push(value);
    return kind === 'Array';
  };
  const member = (key) => {
    if (key.includes('\0')) throw new TypeError('the result has a key with U+0000');
    return JSON.stringify(key) + ':';
  };
  /** One frame per level: the stack is small. */
  const tree = (value, path) => {
    const isArray = enter(value, path);
    const keys = isArray ? null : Object.keys(value);
    const length = isArray ? value.length : keys.length;
    let text = isArray ? '[' : '{';
    for (let i = 0; i < length; i++) {
      const item = isArray ? value[i] : value[keys[i]];
      const tagged = leaf(item);
      text += (i === 0 ? '' : ',') + (isArray ? '' : member(keys[i])) + (tagged === undefined ? tree(item, path) : JSON.stringify(tagged));
    }
    path.pop();
    return text + (isArray ? ']' : '}');
  };
  const tag = (value) => leaf(value) ?? 'j' + tree(value, []);
  const messageOf = (error) => {
    try {
      // Where there was no memory left for an error, there is null.
      if (error === null) return 'InternalError: out of memory';
      if (error instanceof Error) return String(error.name) + ': ' + String(error.message);
      return typeof error === 'object' || typeof error === 'function' ? 'it threw something that is not an Error' : 'it threw a ' + typeof error;
    } catch {
      return 'it threw an Error without a message';
    }
  };
  const outOfMemory = (error) => error === null || (error instanceof InternalError && error.message === 'out of memory');

  /** Of all expressions of a node, on all rows, or of one expression on one row (then running out of memory is its own). */
  return (expressions, builders) => (input, only) => {
    const rows = JSON.parse(input);
    const results = [];
    for (let r = 0; r < rows.length; r++) {
      for (let e = only < 0 ? 0 : only; e < (only < 0 ? expressions.length : only + 1); e++) {
        try {
          results.push(tag((0, expressions[e])(builders[e](rows[r], lib))));
        } catch (error) {
          if (only < 0 && outOfMemory(error)) throw error;
          results.push('e' + messageOf(error));
        }
      }
    }
    return JSON.stringify(results);
  };
})()`;
