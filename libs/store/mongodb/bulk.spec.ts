import { describe, expect, test } from '@jest/globals';
import { Binary, Decimal128, Long, serialize } from 'bson';
import fc from 'fast-check';
import { chunksOf, docSize } from './bulk.js';

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.uint8Array().map((bytes) => new Binary(bytes)),
    fc.constant(Long.fromNumber(5)),
    fc.constant(Decimal128.fromString('1.5')),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter((key) => !key.includes('\0')),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value;

describe('docSize', () => {
  test('is never below the size as BSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => !key.includes('\0')),
          value,
        ),
        (fields) => {
          const doc = { _id: 1, ...fields };
          expect(docSize(doc)).toBeGreaterThanOrEqual(serialize(doc).length);
        },
      ),
    );
  });
});

describe('chunksOf', () => {
  const cut = (sizes: number[]) => [...chunksOf(sizes, (size) => size)];
  const MB = 1_000_000;

  test('keeps what fits together, in order, with the position of each chunk', () => {
    expect(cut([])).toEqual([]);
    expect(cut([1, 2, 3])).toEqual([{ items: [1, 2, 3], start: 0, bytes: 6 }]);
    expect(cut([5 * MB, 5 * MB, 5 * MB])).toEqual([
      { items: [5 * MB, 5 * MB], start: 0, bytes: 10 * MB },
      { items: [5 * MB], start: 2, bytes: 5 * MB },
    ]);
  });

  test('lets what is larger than a chunk go alone', () => {
    expect(cut([1, 40 * MB, 1]).map(({ items }) => items)).toEqual([[1], [40 * MB], [1]]);
  });

  test('bounds the number of operations of a command', () => {
    const chunks = cut(Array.from({ length: 120_000 }, () => 1));
    expect(chunks.map(({ items, start }) => [items.length, start])).toEqual([
      [50_000, 0],
      [50_000, 50_000],
      [20_000, 100_000],
    ]);
  });
});
