import { expect, test } from '@jest/globals';
import { bytesOf, PendingRoots } from './pending-roots.js';

test('keeps each root once, at the earlier time, and gives them in the order in which they came', () => {
  const pending = new PendingRoots(10_000);
  pending.add({ collection: 0, root: 'a', dueMs: 5 });
  pending.add({ collection: 1, root: 'a', dueMs: 7 });
  pending.add({ collection: 0, root: 'a', dueMs: 9 });
  pending.add({ collection: 1, root: 'a', dueMs: 2 });
  expect(pending.take(1)).toEqual([{ collection: 0, root: 'a', dueMs: 5 }]);
  expect(pending.take(9)).toEqual([{ collection: 1, root: 'a', dueMs: 2 }]);
  expect(pending.isEmpty).toBe(true);
});

test('takes no more than its bound, by bytes, and has room again for what was taken out', () => {
  const pending = new PendingRoots(2 * bytesOf('aa'));
  const add = (root: string) => pending.add({ collection: 0, root, dueMs: 0 });
  expect(['aa', 'bb', 'cc', 'aa'].map(add)).toEqual([true, true, false, true]);
  expect(pending.isHalfEmpty).toBe(false);
  pending.take(1);
  expect(pending.isHalfEmpty).toBe(true);
  expect(add('x'.repeat(500))).toBe(false);
  expect(add('cc')).toBe(true);
});

test('knows whether one is due', () => {
  const pending = new PendingRoots(10_000);
  pending.add({ collection: 0, root: 'a', dueMs: 5 });
  expect(pending.hasDue(4)).toBe(false);
  expect(pending.hasDue(5)).toBe(true);
});
