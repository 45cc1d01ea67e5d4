import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IN_ORDER } from './order.cases.js';
import { compareStrings, compareValues, keyOf } from './order.js';

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
