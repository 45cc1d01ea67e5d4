import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatCommit, formatPosition, LOWEST, parsePosition } from './position.js';

const parts = fc.tuple(fc.nat(0xffff_ffff), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(0xffff_ffff));

describe('a position', () => {
  test('parses to what it was made of', () => {
    fc.assert(
      fc.property(parts, ([epoch, commit, ordinal]) => {
        expect(parsePosition(formatPosition(epoch, commit, ordinal))).toEqual({ epoch, commit, ordinal });
      }),
    );
  });

  test('orders as text as (epoch, commit, ordinal) does', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const expected = a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2];
        const [x, y] = [formatPosition(...a), formatPosition(...b)];
        expect(Math.sign(x < y ? -1 : x > y ? 1 : 0)).toBe(Math.sign(expected));
      }),
    );
  });

  test('is at or above its commit, and above the lowest', () => {
    fc.assert(
      fc.property(parts, ([epoch, commit, ordinal]) => {
        const position = formatPosition(epoch, commit, ordinal);
        expect(position > formatCommit(epoch, commit)).toBe(true);
        expect(position > LOWEST).toBe(true);
      }),
    );
  });

  test('of a commit or of loaded rows parses, too', () => {
    expect(parsePosition(formatCommit(2, 7n))).toEqual({ epoch: 2, commit: 7n, ordinal: 0 });
    expect(parsePosition(LOWEST)).toEqual({ epoch: 0, commit: 0n, ordinal: 0 });
  });
});
