import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalizer, type ValueType } from '#model';
import { textsOfCanonical } from './key-text.js';

const type = (kind: string): ValueType => ({ kind, name: kind }) as ValueType;

function wayBack(types: ValueType[], values: string[]): string[] | undefined {
  const canonical = canonicalizer(
    types,
    types.map((_, i) => i),
  )(values);
  return canonical === undefined ? undefined : textsOfCanonical(canonical, types);
}

describe('texts of a canonical key', () => {
  test.each([
    ['int32', '-2147483648', '-2147483648'],
    ['int64', '9223372036854775807', '9223372036854775807'],
    ['int16', '0', '0'],
    ['numeric', '-12.50', '-12.5'],
    ['numeric', '0.00', '0'],
    ['numeric', '0.001', '0.001'],
    ['numeric', 'NaN', 'NaN'],
    ['numeric', '-Infinity', '-Infinity'],
    ['float64', '-0', '0'],
    ['float64', '1e+300', '1e+300'],
    ['text', 'a\tb', 'a\tb'],
    ['char', 'ab  ', 'ab'],
    ['bool', 't', 't'],
    ['uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['timestamptz', '2024-01-01 00:00:00.000001+00', '2024-01-01 00:00:00.000001+00'],
    ['bytes', '\\x00ff', '\\x00ff'],
  ])('%s %s comes back as %s', (kind, text, back) => {
    expect(wayBack([type(kind)], [text])).toEqual([back]);
  });

  test('what comes back has the same canonical key, for composite keys of any values', () => {
    const types = [type('numeric'), type('text'), type('int64')];
    const encode = canonicalizer(types, [0, 1, 2]);
    fc.assert(
      fc.property(
        fc.bigInt(),
        fc.nat(999),
        fc.string(),
        fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        (whole, fraction, text, long) => {
          const values = [`${whole}.${fraction}`, text, String(long)];
          const back = wayBack(types, values);
          expect(encode(back as string[])).toBe(encode(values));
        },
      ),
    );
  });

  test('a value that the other side of a join cannot have is not asked for', () => {
    const canonical = canonicalizer([type('numeric')], [0]);
    expect(textsOfCanonical(canonical(['1.5']) as string, [type('int32')])).toBeUndefined();
    expect(textsOfCanonical(canonical(['4294967296']) as string, [type('int32')])).toBeUndefined();
    expect(textsOfCanonical(canonical(['7.00']) as string, [type('int32')])).toEqual(['7']);
  });
});
