import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ValueType } from '#model';
import { comparator } from './comparator.js';

const type = (kind: string) => ({ kind, name: kind }) as ValueType;
const array = { kind: 'array', name: 'int4[]', element: type('int32') } as ValueType;

describe('sorting', () => {
  test.each<[ValueType, (string | null)[]]>([
    [type('int32'), [null, '-100', '-20', '-3', '0', '3', '20', '100']],
    [type('int64'), ['-9223372036854775808', '-1', '9007199254740992', '9007199254740993', '9223372036854775807']],
    [
      type('numeric'),
      [
        null,
        '-Infinity',
        '-10.5',
        '-2',
        '-1.50',
        '-1.05',
        '-0.1',
        '0.00',
        '0.01',
        '0.1',
        '0.11',
        '1',
        '9.99',
        '10.0',
        '123456789012345678901234567890.1',
        '123456789012345678901234567890.2',
        'Infinity',
        'NaN',
      ],
    ],
    [type('float64'), ['-Infinity', '-1e+20', '-1', '0', '1e-07', '2', '10', '1e+20', 'Infinity', 'NaN']],
    [
      type('date'),
      [
        '-infinity',
        '4713-01-01 BC',
        '0044-03-15 BC',
        '0001-12-31 BC',
        '0001-01-01',
        '2023-12-31',
        '2024-01-01',
        '10000-01-01',
        '5874897-12-31',
        'infinity',
      ],
    ],
    [
      type('timestamptz'),
      [
        '-infinity',
        '0044-03-15 12:00:00+00 BC',
        '1969-12-31 23:59:59.999999+00',
        '2024-01-01 00:00:00+00',
        '2024-01-01 00:00:00.000001+00',
        '2024-01-01 00:00:00.00001+00',
        '2024-01-01 00:00:00.5+00',
        '2024-01-01 00:00:01+00',
        '10000-01-01 00:00:00+00',
        'infinity',
      ],
    ],
    [
      type('timestamp'),
      [
        '0044-03-15 12:00:00 BC',
        '0044-03-15 12:00:00.5 BC',
        '2024-01-01 00:00:00',
        '2024-01-01 00:00:00.000001',
        '2024-01-01 00:00:00.1',
      ],
    ],
    [type('text'), [null, '', 'A', 'Z', 'a', 'ab', 'b', 'é', '\uFFFD', '😀', '\u{10FFFF}']],
    [type('char'), ['', 'a  ', 'a\t', 'b']],
    [type('enum'), ['blue', 'green', 'red']],
    [type('bool'), ['f', 't']],
    [type('bytes'), ['\\x', '\\x00', '\\x0001', '\\xff']],
    [type('time'), ['00:00:00', '09:59:59.999999', '10:00:00', '24:00:00']],
    [
      type('interval'),
      ['P-1D', 'PT-0.5S', 'PT0S', 'PT0.000001S', 'PT23H59M', 'P1D', 'PT24H1S', 'P29D', 'P1M', 'P31D', 'P1Y'],
    ],
    [array, ['{}', '{1}', '{1,2}', '{1,10}', '{1,NULL}', '{2}', '{10}', '{NULL}']],
  ])('%j goes by the value in the source', (source, sorted) => {
    for (let i = 0; i < sorted.length; i++) {
      for (let j = 0; j < sorted.length; j++) {
        const [a, b] = [sorted[i] as string | null, sorted[j] as string | null];
        expect(Math.sign(comparator(source, false)(a, b))).toBe(Math.sign(i - j));
        expect(Math.sign(comparator(source, true)(a, b))).toBe(Math.sign(j - i));
      }
    }
  });

  test.each([
    ['numeric', '1.0', '1.00'],
    ['numeric', '0', '-0.00'],
    ['float64', '-0', '0'],
    ['interval', 'P1M', 'P30D'],
    ['interval', 'P1D', 'PT24H'],
    ['char', 'a', 'a  '],
  ])('of %s takes %s and %s for equal', (kind, a, b) => {
    expect(Math.sign(comparator(type(kind), false)(a, b))).toBe(0);
  });

  test('numbers agree with exact arithmetic', () => {
    const number = fc.tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.nat(6));
    const text = ([value, scale]: [bigint, number]) => {
      const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
      return `${value < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`;
    };
    const exact = ([value, scale]: [bigint, number]) => value * 10n ** BigInt(6 - scale);
    fc.assert(
      fc.property(number, number, (a, b) => {
        const expected = exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0;
        expect(Math.sign(comparator(type('numeric'), false)(text(a), text(b)))).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('text agrees with its bytes in UTF-8', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\uD7FF', '\uE000', '\uFFFF', '😀', '\u{10000}') });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(comparator(type('text'), false)(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 1000 },
    );
  });
});
