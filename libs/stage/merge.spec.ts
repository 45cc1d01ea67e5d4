import { describe, expect, test } from '@jest/globals';
import { formatPosition, packTuple, type RowChange, type StagedRow, type TablePlan } from '#model';
import { RowMerge } from './merge.js';

const table = {
  schema: 'public',
  name: 't',
  columns: ['id', 'ref', 'big'].map((name) => ({ name, type: { kind: 'text', name: 'text' }, nullable: true })),
} as unknown as TablePlan;
const joinValues = (tuple: string) => {
  const ref = tuple.split('\t')[1];
  return ref === undefined || ref === '\\N' ? undefined : { j0: ref };
};
const merge = new RowMerge(table, joinValues);
const at = (n: number) => formatPosition(1, BigInt(n), 0);
const upsert = (n: number, values: (string | null)[], more: Partial<RowChange> = {}): RowChange => ({
  op: 'upsert',
  table: 0,
  key: 'K',
  at: at(n),
  tuple: packTuple(values),
  transaction: '7',
  ...more,
});
const remove = (n: number): RowChange => ({ op: 'delete', table: 0, key: 'K', at: at(n), tuple: '', transaction: '7' });

describe('a row that the load read', () => {
  test('is staged where nothing is', () => {
    expect(merge.loaded(undefined, 'K', 'a\tb\tc')).toEqual({ _id: 'K', at: '', c: 'a\tb\tc', k: { j0: 'b' } });
  });

  test('loses against whatever was captured, also against a delete', () => {
    const changed = merge.changed(undefined, upsert(1, ['a', 'x', 'y']));
    const gone = merge.changed(undefined, remove(1));
    expect(merge.loaded(changed, 'K', 'a\tb\tc')).toBe(changed);
    expect(merge.loaded(gone, 'K', 'a\tb\tc')).toBe(gone);
  });

  test('fills exactly the columns that a captured change left out', () => {
    const changed = merge.changed(undefined, upsert(1, ['a', 'x', null], { missing: [2] }));
    expect(changed.missing).toEqual({ columns: [2], since: at(1), transaction: '7' });
    expect(merge.loaded(changed, 'K', 'a\told\tbig')).toEqual({ _id: 'K', at: at(1), c: 'a\tx\tbig', k: { j0: 'x' } });
  });

  test('fills nothing of a row that came to its key by a change of key', () => {
    const changed = merge.changed(undefined, upsert(1, ['a', 'x', null], { missing: [2], keyChanged: true }));
    expect(merge.loaded(changed, 'K', 'a\told\tbig')).toBe(changed);
  });
});

describe('a captured change', () => {
  const staged: StagedRow = { _id: 'K', at: '', c: 'a\tb\tbig', k: { j0: 'b' } };

  test('takes columns that it lacks from the staged row', () => {
    expect(merge.changed(staged, upsert(2, ['a', 'c', null], { missing: [2] }))).toEqual({
      _id: 'K',
      at: at(2),
      c: 'a\tc\tbig',
      k: { j0: 'c' },
    });
  });

  test('takes nothing from a row that was deleted, nor from the one at its new key', () => {
    const gone = merge.changed(staged, remove(2));
    expect(merge.changed(gone, upsert(3, ['a', 'c', null], { missing: [2] })).missing?.since).toBe(at(3));
    const moved = merge.changed(staged, upsert(3, ['a', 'c', null], { missing: [2], keyChanged: true }));
    expect(moved.missing).toEqual({ columns: [2], since: at(3), transaction: '7', keyChanged: true });
  });

  test('leaves a missing column missing since the change that left it out first', () => {
    const first = merge.changed(undefined, upsert(2, ['a', 'c', null], { missing: [2] }));
    const second = merge.changed(first, upsert(3, ['a', 'd', null], { missing: [2] }));
    expect(second.missing?.since).toBe(at(2));
    expect(merge.changed(second, upsert(4, ['a', 'd', 'new'])).missing).toBeUndefined();
  });

  test('ends a correction by an operator', () => {
    const edited = { ...staged, edit: { at: '', columns: { big: 'x' } } };
    expect(merge.changed(edited, upsert(2, ['a', 'b', 'c'])).edit).toBeUndefined();
  });
});

describe('a fill', () => {
  const lacking = merge.changed(undefined, upsert(2, ['a', null, null], { missing: [1, 2] }));

  test('takes effect only while the same change is the one that left the columns out', () => {
    expect(merge.filled(lacking, at(1), [1, 2], 'r\tbig')).toBe(lacking);
    expect(merge.filled(lacking, at(2), [1, 2], 'r\tbig')).toEqual({
      _id: 'K',
      at: at(2),
      c: 'a\tr\tbig',
      k: { j0: 'r' },
    });
  });

  test('has no effect on a row that is gone or was brought whole meanwhile', () => {
    const gone = merge.changed(lacking, remove(3));
    expect(merge.filled(gone, at(2), [1, 2], 'r\tbig')).toBe(gone);
    const whole = merge.changed(lacking, upsert(3, ['a', 'b', 'c']));
    expect(merge.filled(whole, at(2), [1, 2], 'r\tbig')).toBe(whole);
  });
});

describe('a row read again for repair', () => {
  const staged = merge.changed(undefined, upsert(5, ['a', 'b', 'wrong']));

  test('takes the place of what is staged at or below its marker, and of nothing above', () => {
    expect(merge.repaired(staged, 'K', at(6), 'a\tb\tright')?.c).toBe('a\tb\tright');
    expect(merge.repaired(staged, 'K', at(4), 'a\tb\tright')).toBe(staged);
  });

  test('that the source does not have is gone', () => {
    expect(merge.repaired(staged, 'K', at(6), null)).toEqual({ _id: 'K', at: at(6), gone: true });
  });
});

describe('TRUNCATE', () => {
  test('wipes what is below its position, and nothing that came later', () => {
    const staged = merge.changed(undefined, upsert(5, ['a', 'b', 'c']));
    expect(merge.wiped(staged, at(6))).toEqual({ _id: 'K', at: at(6), gone: true });
    expect(merge.wiped(staged, at(5))).toBe(staged);
  });
});
