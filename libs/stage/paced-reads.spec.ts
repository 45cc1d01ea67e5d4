import { describe, expect, test } from '@jest/globals';
import type { StagedRow } from '#model';
import { TransactionTooLarge } from '#store';
import { PacedReads } from './paced-reads.js';

const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);

function finder(bytes: number) {
  const slices: number[] = [];
  const find = async (values: readonly string[]): Promise<StagedRow[]> => {
    slices.push(values.length);
    return values.map((_id) => ({ _id, at: '', c: 'x'.repeat(bytes) }));
  };
  return { slices, find };
}

describe('paced reads', () => {
  test('come to one round trip where rows are small', async () => {
    const reads = new PacedReads();
    const { slices, find } = finder(50);
    for (let i = 0; i < 30; i++) await reads.read(keys(1_000), { bytes: 0, keys: 1_000 }, find);
    slices.length = 0;
    expect(await reads.read(keys(1_000), { bytes: 0, keys: 1_000 }, find)).toHaveLength(1_000);
    expect(slices).toEqual([1_000]);
  });

  test('never hold much more than a slice of large rows before they refuse', async () => {
    const reads = new PacedReads();
    const { slices, find } = finder(1024 * 1024);
    await expect(reads.read(keys(1_000), { bytes: 0, keys: 1_000 }, find)).rejects.toBeInstanceOf(TransactionTooLarge);
    expect(slices.reduce((sum, slice) => sum + slice, 0)).toBeLessThanOrEqual(64);
    const budget = { bytes: 0, keys: 8 };
    expect(await reads.read(keys(8), budget, find)).toHaveLength(8);
  });

  test('read what a single key leads to, however large', async () => {
    const { find } = finder(40 * 1024 * 1024);
    expect(await new PacedReads().read(['k'], { bytes: 0, keys: 1 }, find)).toHaveLength(1);
  });
});
