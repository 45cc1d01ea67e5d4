import { describe, expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { completedBelow, metadataOf, startOf, startOffsets } from './start-offsets.js';

const ours = (offset: number, completed = offset) => ({ offset, metadata: metadataOf(completed) });

describe('where a group goes on', () => {
  test.each([
    ['at the beginning of a record whose end is not there', ours(7, 9), { low: 3, high: 9 }, 7],
    ['at what was committed', ours(7), { low: 3, high: 9 }, 7],
    ['at the start of a log whose records below were deleted', ours(7), { low: 7, high: 9 }, 7],
    ['at the end of a log that was read', ours(9), { low: 7, high: 9 }, 9],
    ['at the first record, where nothing was ever committed', { offset: -1, metadata: null }, { low: 0, high: 9 }, 0],
  ])('%s', (_, committed, log, start) => {
    expect(startOf(committed, log)).toBe(start);
  });

  test.each([
    ['unread records were deleted', ours(7), { low: 8, high: 9 }, /deleted/],
    ['more was completed than is there', ours(2, 7), { low: 0, high: 5 }, /anew/],
    ['the topic was made anew', ours(7), { low: 0, high: 2 }, /anew/],
    [
      'nothing is committed, and the first records are gone',
      { offset: -1, metadata: '' },
      { low: 2, high: 9 },
      /no offset/,
    ],
    ['the client reset the offset', { offset: -2, metadata: null }, { low: 0, high: 9 }, /reset/],
    ['somebody else reset the offset', { offset: 4, metadata: null }, { low: 0, high: 9 }, /reset/],
  ])('nowhere, where %s', (_, committed, log, why) => {
    expect(startOf(committed, log)).toMatch(why);
  });
});

test('tells below which offset everything is completed, which may be above the one to begin at again', () => {
  expect(completedBelow(ours(7, 9))).toBe(9);
  expect(completedBelow({ offset: -1, metadata: null })).toBe(0);
});

test.each<[string, { committed: number; low: number; high: number }]>([
  ['commits, and deletes what is committed', { committed: 8, low: 8, high: 10 }],
  ['appends, and commits that', { committed: 12, low: 0, high: 12 }],
])('another member that %s meanwhile has damaged nothing', async (_, later) => {
  for (const requests of [0, 1, 2, 3]) {
    let asked = 0;
    const state = () => (asked++ < requests ? { committed: 5, low: 0, high: 10 } : later);
    const admin = {
      fetchOffsets: async () => {
        const { committed } = state();
        const metadata = metadataOf(committed);
        return [{ topic: 't', partitions: [{ partition: 0, offset: String(committed), metadata }] }];
      },
      fetchTopicOffsets: async () => {
        const { low, high } = state();
        return [{ partition: 0, offset: String(high), low: String(low), high: String(high) }];
      },
    } as unknown as Admin;
    const starts = await startOffsets(admin, { group: 't.g', topic: 't', partitions: [0] });
    expect([5, later.committed]).toContain(starts.get(0)?.next);
  }
});
