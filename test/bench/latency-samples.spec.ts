import { expect, test } from '@jest/globals';
import { readStamp, rowOf, stamp } from './latency-changes.js';
import { percentile, samplesOf } from './latency-samples.js';

/** So few that change 20 is of the same row as change 0. */
const ORDERS = 20;

test('a stamp is found again, and nothing else is taken for one', () => {
  expect(readStamp(stamp(17, 1_700_000_000_123))).toEqual({ change: 17, atMs: 1_700_000_000_123 });
  expect([readStamp('upd 17'), readStamp(null), readStamp(undefined)]).toEqual([undefined, undefined, undefined]);
});

test('changes that are under way together are of different orders', () => {
  const orders = Array.from({ length: 1500 }, (_, change) => rowOf(change, 1500).order);
  expect(new Set(orders).size).toBe(1500);
});

test('a change has the time from its sending to its sight', () => {
  const seenMs = new Map(Array.from({ length: 20 }, (_, change) => [change, 1000 + change]));
  const { latenciesMs, missing } = samplesOf({ orders: ORDERS, from: 0, sentMs: [990, 995], seenMs });
  expect(missing).toBe(0);
  expect([latenciesMs[0], latenciesMs.at(-1)]).toEqual([10, 24]);
});

test('a change that was folded into a later one of its row was seen with that one', () => {
  const sentMs = [0, 10, 20, 30];
  const seenMs = new Map<number, number>(Array.from({ length: 40 }, (_, change) => [change, 100]));
  seenMs.delete(0);
  expect(rowOf(0, ORDERS)).toEqual(rowOf(20, ORDERS));
  seenMs.set(20, 500);
  const { latenciesMs, missing } = samplesOf({ orders: ORDERS, from: 0, sentMs, seenMs });
  expect(missing).toBe(0);
  expect(latenciesMs.at(-1)).toBe(500);
});

test('a change that never came is missing', () => {
  const seenMs = new Map(Array.from({ length: 9 }, (_, change) => [change, 1] as const));
  expect(samplesOf({ orders: ORDERS, from: 0, sentMs: [0], seenMs }).missing).toBe(1);
});

test('percentiles are samples that were taken', () => {
  const rising = Array.from({ length: 200 }, (_, index) => index + 1);
  expect([percentile(rising, 50), percentile(rising, 99), percentile([7], 99)]).toEqual([100, 198, 7]);
});
