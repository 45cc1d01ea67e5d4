import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalizer, equalityFamily } from './canonical.js';
import type { ValueType } from './value-type.js';

const type = (kind: string, name = kind) => ({ kind, name }) as ValueType;
const encode = (kind: string) => {
  const canonicalize = canonicalizer([type(kind)], [0]);
  return (text: string) => canonicalize([text]) as string;
};
const integer = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
const order = (a: string | bigint, b: string | bigint) => (a < b ? -1 : a > b ? 1 : 0);

describe('the canonical encoding', () => {
  test.each([
    ['numeric', '1.50', '1.5'],
    ['numeric', '1.00', '1'],
    ['numeric', '-0.0', '0'],
    ['numeric', '0.000', '0'],
    ['numeric', '100', '100.0'],
    ['float64', '-0', '0'],
    ['float64', '1e+20', '100000000000000000000'],
    ['float32', '0.1', '0.100000001'],
    ['char', 'a   ', 'a'],
    ['uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['bool', 't', 'true'],
  ])('of %s is one for %s and %s', (kind, a, b) => {
    expect(encode(kind)(a)).toBe(encode(kind)(b));
  });

  test.each([
    ['numeric', '1.5', '1.05'],
    ['numeric', '10', '100'],
    ['numeric', 'NaN', 'Infinity'],
    ['numeric', 'Infinity', '-Infinity'],
    ['numeric', '0.5', '-0.5'],
    ['text', 'a ', 'a'],
    ['text', '', ' '],
    ['char', ' a', 'a'],
    ['float64', '0.1', '0.10000000000000002'],
  ])('of %s differs for %s and %s', (kind, a, b) => {
    expect(encode(kind)(a)).not.toBe(encode(kind)(b));
  });

  test('is the same for an integer, whatever type holds it', () => {
    fc.assert(
      fc.property(integer, fc.nat(5), (value, scale) => {
        const numeric = `${value}${scale === 0 ? '' : `.${'0'.repeat(scale)}`}`;
        expect(encode('numeric')(numeric)).toBe(encode('int64')(String(value)));
      }),
    );
  });

  test('orders numbers as the source does', () => {
    fc.assert(
      fc.property(integer, integer, fc.nat(999), fc.nat(999), (a, b, p, q) => {
        const text = (value: bigint, fraction: number) => `${value}.${String(fraction).padStart(3, '0')}`;
        const exact = (value: bigint, fraction: number) => value * 1000n + BigInt(fraction) * (value < 0n ? -1n : 1n);
        expect(order(encode('numeric')(text(a, p)), encode('numeric')(text(b, q)))).toBe(
          order(exact(a, p), exact(b, q)),
        );
      }),
    );
    const specials = ['-Infinity', '-1', '0', '1', 'Infinity', 'NaN'];
    expect([...specials].reverse().sort((a, b) => order(encode('numeric')(a), encode('numeric')(b)))).toEqual(specials);
  });

  test('of several columns is one only for equal lists', () => {
    const canonicalize = canonicalizer([type('text'), type('text')], [0, 1]);
    const text = fc.string({ unit: fc.constantFrom('a', '\0', '\x01', 'T') });
    fc.assert(
      fc.property(fc.tuple(text, text), fc.tuple(text, text), (a, b) => {
        expect(canonicalize(a) === canonicalize(b)).toBe(a[0] === b[0] && a[1] === b[1]);
      }),
    );
  });

  test('of a list with a null is none', () => {
    const canonicalize = canonicalizer([type('int32'), type('text')], [1, 0]);
    expect(canonicalize(['1', null])).toBeUndefined();
    expect(canonicalize(['1', 'x'])).toBe('Tx\0NA1');
  });

  test.each([
    ['int16', 'numeric', true],
    ['oid', 'int64', true],
    ['char', 'text', true],
    ['float32', 'float64', true],
    ['int32', 'float64', false],
    ['date', 'timestamp', false],
    ['timestamp', 'timestamptz', false],
    ['text', 'uuid', false],
  ])('compares %s with %s: %s', (a, b, comparable) => {
    expect(equalityFamily(type(a)) === equalityFamily(type(b))).toBe(comparable);
  });

  test('has none for what the source cannot compare here', () => {
    expect(equalityFamily(type('json'))).toBeNull();
    expect(equalityFamily(type('interval'))).toBeNull();
    expect(equalityFamily(type('enum', 'a'))).not.toBe(equalityFamily(type('enum', 'b')));
  });
});
