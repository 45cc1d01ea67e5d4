import { describe, expect, test } from '@jest/globals';
import { newRowsFence } from '#stage';
import { FormerTracker } from './former-tracker.js';

const entry = (at: string) => ({ table: 0, key: 'a', at, k: { j0: 'x' } });
const fence = (...ats: string[]) => ({ ...newRowsFence('rows:0'), former: ats.map(entry) });

describe("the entries of a fence's former", () => {
  test('are all due for an owner that has just begun', () => {
    expect(new FormerTracker().due(fence('1', '2'))).toHaveLength(2);
  });

  test('are not touched again by the owner that has touches of them under way', () => {
    const tracker = new FormerTracker();
    void tracker.begin([entry('1')], new Promise(() => undefined));
    expect(tracker.due(fence('1', '2'))).toEqual([entry('2')]);
  });

  test('leave the fence only once their touches have resolved, and by their position', async () => {
    const tracker = new FormerTracker();
    const touched = tracker.begin([entry('1')], Promise.resolve());
    expect(tracker.split(fence('1', '2')).dropped).toEqual([]);
    await touched;
    const { over, ...left } = tracker.split(fence('1', '2'));
    expect(left).toEqual({ kept: [entry('2')], dropped: [entry('1')] });
    expect(tracker.trimmable).toBe(1);
    tracker.trimmed(over);
    expect(tracker.trimmable).toBe(0);
  });

  test('are forgotten where another owner has taken them out', async () => {
    const tracker = new FormerTracker();
    await tracker.begin([entry('1')], Promise.resolve());
    tracker.trimmed(tracker.split(fence()).over);
    expect(tracker.trimmable).toBe(0);
  });

  test('are dropped again by a transaction that runs again', async () => {
    const tracker = new FormerTracker();
    await tracker.begin([entry('1')], Promise.resolve());
    expect(tracker.split(fence('1'))).toEqual(tracker.split(fence('1')));
  });
});
