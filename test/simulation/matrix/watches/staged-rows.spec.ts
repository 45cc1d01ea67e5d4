import { describe, expect, test } from '@jest/globals';
import {
  batch,
  begun,
  change,
  changes,
  child,
  committed,
  loaded,
  sourceTransaction,
  staged,
  truncate,
  Watching,
} from './watching.js';

const given = (...records: object[]) => begun(batch('a', 'rows', records));

describe('F8, a change of key in two partitions', () => {
  const position = (ordinal: number) => Number(240n * 2n ** 32n) + ordinal;
  const written = {
    kind: 'written',
    transaction: sourceTransaction(2n, { movedKeys: [{ table: 'child', from: '1', to: '2' }] }),
  } as const;
  const former = staged('a', [child(1, 1, 1)]);
  const [gone, arrives] = [
    staged('a', [child(1, null, position(0), 'gone')]),
    staged('b', [child(2, 1, position(1))], 1),
  ];

  test('is out of order where the new half is staged while the former row is there', () => {
    expect(new Watching().see(written, former, arrives, gone).times('F8')).toBe(1);
  });

  test('is in order where the former half came first, or is no change of key', () => {
    expect(new Watching().see(written, former, gone, arrives).times('F8')).toBe(0);
    expect(new Watching().see(former, arrives, gone).times('F8')).toBe(0);
  });
});

describe('F9, a delete that comes again', () => {
  const deleted = changes({ op: 'delete', id: 1, number: 5 });

  test('meets the row that was inserted anew since', () => {
    expect(new Watching().see(given(deleted), staged('a', [child(1, 1, 6)]), given(deleted)).times('F9')).toBe(1);
  });

  test('meets nothing where it comes for the first time, or the row is older', () => {
    expect(new Watching().see(staged('a', [child(1, 1, 6)]), given(deleted)).times('F9')).toBe(0);
    expect(new Watching().see(given(deleted), staged('a', [child(1, 1, 4)]), given(deleted)).times('F9')).toBe(0);
  });
});

test('F10: a row of the load meets what was captured, an update or a delete, and not what was loaded', () => {
  const watching = new Watching().see(
    staged('a', [child(1, 1, 5), child(2, null, 6, 'gone'), child(3, 1, 0)]),
    given(loaded(1), loaded(3), loaded(4)),
  );
  expect([watching.times('F10 after an update'), watching.times('F10 after a delete')]).toEqual([1, 0]);
  watching.see(given(loaded(2)));
  expect(watching.times('F10 after a delete')).toBe(1);
});

test('F37: a TRUNCATE meets rows that came later, and not only earlier ones', () => {
  const earlier = new Watching().see(staged('a', [child(1, 1, 4)]), given(truncate(5)));
  expect(earlier.times('F37')).toBe(0);
  expect(earlier.see(staged('b', [child(2, 1, 6)], 1), given(truncate(5))).times('F37')).toBe(1);
});

describe('F38, a large column that the log left out', () => {
  const missing = (number: number) => changes({ op: 'upsert', id: 1, number, missing: [1] });
  const withMissing = change('stage_1-a_1', 'i1', { ...child(1, 1, 5).after, missing: { columns: [1] } });

  test('is known where the row is staged whole', () => {
    expect(new Watching().see(staged('a', [child(1, 1, 4)]), given(missing(5))).times('F38 known')).toBe(1);
    expect(new Watching().see(given(missing(5))).times('F38 known')).toBe(0);
    expect(new Watching().see(staged('a', [withMissing]), given(missing(6))).times('F38 known')).toBe(0);
  });

  test('is unknown where the row is staged without it, and may be gone before it is known', () => {
    const watching = new Watching().see(staged('a', [withMissing]));
    expect([watching.times('F38 unknown'), watching.times('F38 gone before it was known')]).toEqual([1, 0]);
    watching.see(staged('a', [child(1, null, 6, 'gone')]));
    expect(watching.times('F38 gone before it was known')).toBe(1);
    expect(new Watching().see(staged('a', [child(1, 1, 5)])).times('F38 unknown')).toBe(0);
  });
});

test('F43: a row that nothing can be made of has a letter, which other letters are not', () => {
  const letter = (code: string) => committed('a', 'touches', [change('letters_1-a', 'l', { code })]);
  expect(new Watching().see(letter('EXPRESSION_FAILED')).times('F43')).toBe(1);
  expect(new Watching().see(letter('ID_TAKEN')).times('F43')).toBe(0);
});
