import { describe, expect, test } from '@jest/globals';
import { BSON, Decimal128, Double, Int32, Long } from 'bson';
import fc from 'fast-check';
import { firstDifference, leavesOf } from './first-difference.js';

const bytes = (document: object) => BSON.serialize(document);
const difference = (expected: object, found: object) => firstDifference(bytes(expected), bytes(found));

describe('the first difference of two documents', () => {
  test.each([
    ['another value', { _id: 1, a: 'x' }, { _id: 1, a: 'y' }, { path: 'a', expected: 'x', found: 'y' }],
    [
      'another type of the same number',
      { a: new Int32(1) },
      { a: Long.fromNumber(1) },
      { path: 'a', expected: { $numberInt: '1' }, found: { $numberLong: '1' } },
    ],
    [
      'zeros of another sign',
      { a: new Double(0) },
      { a: new Double(-0) },
      { path: 'a', expected: { $numberDouble: '0.0' }, found: { $numberDouble: '-0.0' } },
    ],
    [
      'decimals of another scale',
      { a: Decimal128.fromString('1.0') },
      { a: Decimal128.fromString('1.00') },
      { path: 'a', expected: { $numberDecimal: '1.0' }, found: { $numberDecimal: '1.00' } },
    ],
    ['a field that is not there', { a: 1, b: 2, c: 3 }, { a: 1, c: 3 }, { path: 'b', expected: { $numberInt: '2' } }],
    ['a field too many', { a: 1, c: 3 }, { a: 1, b: null, c: 3 }, { path: 'b', found: null }],
    [
      'a place in another order',
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { path: 'a', expected: 'field 1 of 2', found: 'field 2 of 2' },
    ],
    [
      'a value deep in arrays',
      { l: [{ p: { n: 1 } }, { p: { n: 2 } }] },
      { l: [{ p: { n: 1 } }, { p: { n: 3 } }] },
      { path: 'l.1.p.n', expected: { $numberInt: '2' }, found: { $numberInt: '3' } },
    ],
    ['an array that is longer', { l: [1] }, { l: [1, 2] }, { path: 'l.1', found: { $numberInt: '2' } }],
    ['null and absent', { a: null }, {}, { path: 'a', expected: null }],
    [
      'dates',
      { a: new Date(0) },
      { a: new Date(1) },
      { path: 'a', expected: { $date: { $numberLong: '0' } }, found: { $date: { $numberLong: '1' } } },
    ],
  ])('%s', (_, expected, found, named) => {
    expect(difference(expected, found)).toEqual(named);
  });

  test('NaN equals NaN, and a document equals itself', () => {
    expect(difference({ a: new Double(Number.NaN) }, { a: new Double(Number.NaN) })).toBeUndefined();
  });

  test('the order of fields named by numbers counts', () => {
    const expected = BSON.serialize(
      new Map([
        ['2', 1],
        ['1', 1],
      ]),
    );
    const found = BSON.serialize(
      new Map([
        ['1', 1],
        ['2', 1],
      ]),
    );
    expect(firstDifference(expected, found)).toEqual({ path: '2', expected: 'field 1 of 2', found: 'field 2 of 2' });
  });

  test('a value too large to print is described', () => {
    expect(difference({ a: 'x'.repeat(5_000) }, { a: 'y' })).toEqual({
      path: 'a',
      expected: '(5005 bytes of BSON)',
      found: 'y',
    });
  });

  test('there is one exactly where the bytes differ', () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.double(),
        fc.constant(null),
        fc.boolean(),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-c]$/), tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-c]$/), value),
        fc.dictionary(fc.stringMatching(/^[a-c]$/), value),
        (a, b) => {
          const equal = Buffer.compare(bytes(a), bytes(b)) === 0;
          expect(difference(a, b) === undefined).toBe(equal);
          expect(difference(a, a)).toBeUndefined();
        },
      ),
    );
  });
});

test('leaves name every value by its path', () => {
  expect([...leavesOf(bytes({ a: 1, l: [{ b: 'x' }, []] })).keys()]).toEqual(['a', 'l.0.b', 'l.1']);
});
