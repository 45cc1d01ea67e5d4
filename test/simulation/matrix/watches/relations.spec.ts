import { describe, expect, test } from '@jest/globals';
import { batch, begun, child, completed, killed, parent, staged, Watching } from './watching.js';

describe('F7 and F18, a row that refers to one that is not there', () => {
  test('comes before its parent where the source had that first', () => {
    const watching = new Watching().see(staged('a', [child(1, 1, 8)]), staged('b', [parent(1, 5)]));
    expect([watching.times('F7'), watching.times('F18')]).toEqual([1, 0]);
  });

  test('waits for its parent where the source has that later', () => {
    const watching = new Watching().see(staged('a', [child(1, 1, 5)]), staged('b', [parent(1, 8)]));
    expect([watching.times('F7'), watching.times('F18')]).toEqual([0, 1]);
  });

  test('is neither where the parent was there, or the child has gone elsewhere', () => {
    const inOrder = new Watching().see(staged('b', [parent(1, 5)]), staged('a', [child(1, 1, 8)]));
    const elsewhere = new Watching().see(staged('a', [child(1, 1, 5)]), staged('a', [child(1, null, 6)]));
    elsewhere.see(staged('b', [parent(1, 8)]));
    for (const watching of [inOrder, elsewhere]) expect([watching.times('F7'), watching.times('F18')]).toEqual([0, 0]);
  });

  test('is neither where the load brings the parent', () => {
    const watching = new Watching().see(staged('a', [child(1, 1, 5)]), staged('b', [parent(1, 0)]));
    expect([watching.times('F7'), watching.times('F18')]).toEqual([0, 0]);
  });
});

describe('F15 and F16, a row that moves', () => {
  const [one, other] = [batch('a', 'rows'), batch('b', 'rows', [{}], 1)];
  const before = staged('x', [child(1, 1, 2), parent(1, 1), parent(2, 1)]);
  const moves = staged('a', [child(1, 2, 5)]);

  test('meets one that is inserted beside it while neither is touched', () => {
    const watching = new Watching().see(before, begun(one), begun(other), moves);
    expect(watching.see(staged('b', [child(7, 2, 6)], 1)).times('F15')).toBe(1);
  });

  test('meets none that is inserted elsewhere, or was there before, or after its touches', () => {
    const met = (...happenings: Parameters<Watching['see']>) =>
      new Watching().see(before, begun(one), begun(other), moves, ...happenings).times('F15');
    expect(met(staged('b', [child(7, 9, 6)], 1))).toBe(0);
    expect(met(completed(one), staged('b', [child(7, 2, 6)], 1))).toBe(0);
    expect(met(killed('a'), staged('b', [child(7, 2, 6)], 1))).toBe(0);
  });

  test('carries with it what changes below it at the same time', () => {
    const { watching, middle } = withMiddle();
    watching.see(begun(one), begun(other), middle(2, 5));
    expect(watching.see(staged('b', [child(8, 7, 6)], 1)).times('F16')).toBe(1);
    expect(watching.see(staged('b', [child(9, 4, 7)], 1)).times('F16')).toBe(1);
  });
});

describe('F17, a row that moves twice', () => {
  const [first, second] = [staged('a', [child(1, 2, 5)]), staged('b', [child(1, 3, 6)])];
  const before = staged('x', [child(1, 1, 2)]);

  test('does it where who staged the first move is gone by the second', () => {
    expect(new Watching().see(before, first, killed('a'), second).times('F17')).toBe(1);
  });

  test('does not where that one lives, or where it goes back', () => {
    expect(new Watching().see(before, first, second).times('F17')).toBe(0);
    const back = staged('b', [child(1, 1, 6)]);
    expect(new Watching().see(before, first, killed('a'), back).times('F17')).toBe(0);
  });
});

describe('F19, a parent that goes', () => {
  test('leaves those behind that refer to it', () => {
    const watching = new Watching().see(staged('a', [parent(1, 1), child(1, 1, 2)]));
    expect(watching.see(staged('a', [parent(1, 3, 'gone')])).times('F19')).toBe(1);
  });

  test('leaves nobody behind where they went first', () => {
    const watching = new Watching().see(staged('a', [parent(1, 1), child(1, 1, 2)]));
    watching.see(staged('a', [child(1, null, 3, 'gone')]), staged('a', [parent(1, 4, 'gone')]));
    expect(watching.times('F19')).toBe(0);
  });
});

/** `child` 7 hangs on a parent, and children hang on it: by the same reference, as in a table that refers to itself. */
function withMiddle() {
  const watching = new Watching({ selfReferring: true });
  const middle = (to: number, number: number) => staged('a', [child(7, to, number)]);
  return { watching: watching.see(middle(1, 1)), middle };
}
