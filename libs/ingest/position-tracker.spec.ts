import { describe, expect, test } from '@jest/globals';
import { PositionTracker } from './position-tracker.js';

interface Append {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: Error) => void;
}

function append(): Append {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the tracker of positions', () => {
  test('confirms a commit only after everything appended for it has resolved', async () => {
    const confirmed: bigint[] = [];
    const tracker = new PositionTracker(
      (commit) => confirmed.push(commit),
      () => undefined,
    );
    const [a, b] = [append(), append()];
    tracker.appended([a.promise, b.promise]);
    tracker.committed(10n, 1);
    a.resolve();
    await turn();
    expect(confirmed).toEqual([]);
    b.resolve();
    await turn();
    expect(confirmed).toEqual([10n]);
  });

  test('never confirms a commit that an earlier one holds up', async () => {
    const confirmed: bigint[] = [];
    const tracker = new PositionTracker(
      (commit) => confirmed.push(commit),
      () => undefined,
    );
    const [a, b] = [append(), append()];
    tracker.appended([a.promise]);
    tracker.committed(10n, 5);
    tracker.appended([b.promise]);
    tracker.committed(20n, 6);
    tracker.committed(30n, 7);
    b.resolve();
    await turn();
    expect([confirmed, tracker.oldestOpenMs()]).toEqual([[], 5]);
    a.resolve();
    await turn();
    expect([confirmed.at(-1), tracker.oldestOpenMs()]).toEqual([30n, undefined]);
  });

  test('confirms nothing any more after an append has failed', async () => {
    const confirmed: bigint[] = [];
    const failures: unknown[] = [];
    const tracker = new PositionTracker(
      (commit) => confirmed.push(commit),
      (error) => failures.push(error),
    );
    const [a, b] = [append(), append()];
    tracker.appended([a.promise]);
    tracker.committed(10n, 1);
    tracker.appended([b.promise]);
    tracker.committed(20n, 1);
    a.reject(new Error('the log is gone'));
    await turn();
    b.resolve();
    await turn();
    expect([confirmed, failures.length]).toEqual([[], 1]);
  });
});
