import { expect, test } from '@jest/globals';
import { BatchSize } from './batch-size.js';

/** Transactions, and roots that aborted ones were to write, when every so many roots one is refused at half its batch. */
function cost(distance: number): { transactions: number; lost: number } {
  const size = new BatchSize(2_000);
  const roots = 1_000_000;
  const spent = { transactions: 0, lost: 0 };
  for (let written = 0, next = distance; written < roots; spent.transactions++) {
    const { roots: taken } = size;
    if (written + taken > next) {
      spent.lost += taken;
      next += distance;
      size.refused();
    } else {
      written += taken;
      size.written(taken);
    }
  }
  return spent;
}

test('takes all that it may while nothing is refused', () => {
  expect(cost(Number.POSITIVE_INFINITY)).toEqual({ transactions: 500, lost: 0 });
});

/** Whole batches of 2,000 would lose 2,000 roots with each refusal, and never come to an end where one in them is certain. */
test.each([
  { distance: 100, lost: 160, transactions: 22_500 },
  { distance: 1_000, lost: 450, transactions: 4_600 },
  { distance: 10_000, lost: 1_400, transactions: 1_200 },
])('loses at most $lost roots with a refusal, one in $distance', ({ distance, ...most }) => {
  const { transactions, lost } = cost(distance);
  expect(transactions).toBeLessThan(most.transactions);
  expect(lost / (1_000_000 / distance)).toBeLessThan(most.lost);
});

test('halves what does not fit, and grows slowly from there', () => {
  const size = new BatchSize(1_000);
  size.tooLarge(1_000);
  expect(size.roots).toBe(500);
  size.written(500);
  expect(size.roots).toBe(525);
});
