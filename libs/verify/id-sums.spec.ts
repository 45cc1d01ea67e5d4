import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IdSums } from './id-sums.js';

function sumsOf(added: readonly string[], taken: readonly string[]): IdSums {
  const sums = new IdSums(added.length);
  for (const id of added) sums.add(id);
  for (const id of taken) sums.take(id);
  return sums;
}

describe('sums of _ids', () => {
  test('are balanced where both sides have the same, in any order', () => {
    fc.assert(fc.property(fc.array(fc.string()), (ids) => expect(sumsOf(ids, [...ids].reverse()).balanced).toBe(true)));
  });

  test('suspect every _id that only one side has', () => {
    const ids = Array.from({ length: 5_000 }, (_, i) => `n${i}`);
    const taken = [...ids.filter((_, i) => i % 97 !== 0), ...Array.from({ length: 50 }, (_, i) => `o${i}`)];
    const sums = sumsOf(ids, taken);
    expect(sums.balanced).toBe(false);
    const onOneSide = [...ids.filter((_, i) => i % 97 === 0), ...Array.from({ length: 50 }, (_, i) => `o${i}`)];
    expect(onOneSide.filter((id) => !sums.suspects(id))).toEqual([]);
  });

  test('suspect one extra among a hundred thousand, and little besides', () => {
    const sums = new IdSums(100_000);
    for (let i = 0; i < 100_000; i++) sums.add(`n${i}`);
    for (let i = 0; i < 100_000; i++) sums.take(`n${i}`);
    sums.take('nextra');
    expect(sums.suspects('nextra')).toBe(true);
    let besides = 0;
    for (let i = 0; i < 100_000; i++) if (sums.suspects(`n${i}`)) besides++;
    expect(besides).toBeLessThan(20);
  });
});
