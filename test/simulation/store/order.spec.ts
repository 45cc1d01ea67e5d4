import { describe, expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId } from 'bson';
import fc from 'fast-check';
import { compareStrings, compareValues, keyOf } from './order.js';

const decimal = (text: string) => Decimal128.fromString(text);

/** Each list compares as equal; the lists are in order. */
const IN_ORDER: unknown[][] = [
  [new MinKey()],
  [null, undefined],
  [Number.NaN, new Double(Number.NaN), decimal('NaN')],
  [Number.NEGATIVE_INFINITY, decimal('-Infinity')],
  [Long.MIN_VALUE, -(2 ** 63), -(2n ** 63n)],
  [-1, new Int32(-1), decimal('-1.000')],
  [0, -0, new Double(-0), Long.ZERO, decimal('-0E+10')],
  [decimal('0.1')],
  [0.1],
  [0.5, decimal('0.50')],
  [1, new Double(1), Long.ONE, 1n, decimal('1'), decimal('0.1E1')],
  [2 ** 53, 2n ** 53n, decimal('9007199254740992')],
  [2n ** 53n + 1n, Long.fromBigInt(2n ** 53n + 1n), decimal('9007199254740993')],
  [Long.MAX_VALUE],
  [1e300],
  [decimal('1E+400')],
  [Number.POSITIVE_INFINITY, decimal('Infinity')],
  [''],
  ['a'],
  ['a\0'],
  ['b'],
  ['\uffee'],
  ['😀'],
  [{}],
  [{ a: 1 }, new Map([['a', 1]]), { a: new Double(1) }],
  [{ b: 1 }],
  [{ b: 1, a: 0 }],
  [{ a: 'x' }],
  [[]],
  [[1, 2]],
  [[2]],
  [new Binary(Uint8Array.of(2))],
  [new Binary(Uint8Array.of(1, 2))],
  [ObjectId.createFromTime(1)],
  [ObjectId.createFromTime(2)],
  [false],
  [true],
  [new Date(-1)],
  [new Date(0)],
  [new MaxKey()],
];

describe('the order of values', () => {
  test('is MongoDB’s, across types', () => {
    IN_ORDER.forEach((equals, i) => {
      for (const a of equals) {
        for (const b of equals) expect(compareValues(a, b)).toBe(0);
        for (const b of IN_ORDER[i + 1] ?? []) {
          expect(compareValues(a, b)).toBeLessThan(0);
          expect(compareValues(b, a)).toBeGreaterThan(0);
        }
      }
    });
  });

  test('gives the same key to what is equal, and to nothing else', () => {
    const keys = IN_ORDER.map((equals) => new Set(equals.map(keyOf)));
    expect(keys.map((of) => of.size)).toEqual(keys.map(() => 1));
    expect(new Set(keys.flatMap((of) => [...of])).size).toBe(IN_ORDER.length);
  });

  test('compares strings by their bytes', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareStrings(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
