import { describe, expect, test } from '@jest/globals';
import { formatPosition, type RowChange, type StagedRow, type TablePlan } from '#model';
import { newRowsFence, type RowsFence, RowMerge } from '#stage';
import { halvesOf, RowBatch, type RowRecord } from './row-batch.js';
import type { StageTable } from './stage-tables.js';

const plan = {
  index: 0,
  schema: 'public',
  name: 't',
  columns: ['id', 'ref'].map((name) => ({ name, type: { kind: 'text', name: 'text' }, nullable: true })),
} as unknown as TablePlan;
const merge = new RowMerge(plan, (tuple) => ({ j0: tuple.split('\t')[1] as string }));
const tables = [
  { plan, collection: { database: 'state', name: 's' }, merge, nodes: [], expressionNodes: [] },
] as StageTable[];
const at = (n: number) => formatPosition(1, BigInt(n), 0);
const change = (n: number, key: string, ref: string | null): RowChange => ({
  op: ref === null ? 'delete' : 'upsert',
  table: 0,
  key,
  at: at(n),
  tuple: ref === null ? '' : `${key}\t${ref}`,
  transaction: '1',
});
const changes = (...of: RowChange[]): RowRecord => ({ kind: 'changes', changes: of, bytes: 1 });
const fence = (more: Partial<RowsFence> = {}): RowsFence => ({ ...newRowsFence('rows:0'), ...more });
const applied = (batch: RowBatch, ...records: RowRecord[]): RowBatch => {
  for (const record of records) batch.apply(record);
  return batch;
};
const row = (key: string, ref: string, n: number): StagedRow => ({
  _id: key,
  at: at(n),
  c: `${key}\t${ref}`,
  k: { j0: ref },
});

describe('a batch of rows', () => {
  test('folds many changes of one row into one write', () => {
    const batch = applied(
      new RowBatch(tables, fence(), [[]]),
      changes(change(1, 'a', 'x'), change(2, 'a', 'y'), change(3, 'a', 'z')),
    );
    expect(batch.writes()).toEqual([{ table: tables[0], inserts: [row('a', 'z', 3)], replaces: [] }]);
    expect(batch.position).toBe(at(3));
  });

  test('does not stage a repeat again, but touches its row as it now stands', () => {
    const present = row('a', 'z', 5);
    const batch = applied(new RowBatch(tables, fence({ position: at(5) }), [[present]]), changes(change(4, 'a', 'y')));
    expect(batch.writes()).toEqual([]);
    expect(batch.images()).toEqual([{ table: 0, key: 'a', k: { j0: 'z' } }]);
    expect(batch.position).toBe(at(5));
  });

  test('takes what a restarted capture appends again within the same batch for a repeat', () => {
    const batch = applied(
      new RowBatch(tables, fence(), [[]]),
      changes(change(5, 'a', 'x'), change(6, 'a', 'y')),
      changes(change(5, 'a', 'x')),
    );
    expect(batch.writes()[0]?.inserts).toEqual([row('a', 'y', 6)]);
  });

  test('keeps what a row led to before it moved or went, in the order of the changes', () => {
    const batch = applied(
      new RowBatch(tables, fence(), [[row('a', 'x', 1)]]),
      changes(change(2, 'a', 'y'), change(3, 'a', 'y'), change(4, 'a', null)),
    );
    expect(batch.former).toEqual([
      { table: 0, key: 'a', at: at(2), k: { j0: 'x' } },
      { table: 0, key: 'a', at: at(4), k: { j0: 'y' } },
    ]);
  });

  test('keeps no former image of a change that leaves the row where it is', () => {
    const batch = applied(new RowBatch(tables, fence(), [[row('a', 'x', 1)]]), changes(change(2, 'a', 'x')));
    expect(batch.former).toEqual([]);
    expect(batch.images()).toHaveLength(1);
  });

  test('drops loaded rows after the barrier and after a TRUNCATE, and counts every one', () => {
    const load: RowRecord = { kind: 'load', table: 0, keys: ['a', 'b'], tuples: ['a\tx', 'b\tx'], bytes: 1 };
    for (const closed of [fence({ barrier: true }), fence({ floors: { '0': at(1) } })]) {
      const batch = applied(new RowBatch(tables, closed, [[]]), load);
      expect([batch.writes(), batch.staged, batch.superseded]).toEqual([[], 0, 2]);
    }
    const open = applied(new RowBatch(tables, fence(), [[row('a', 'y', 3)]]), load);
    expect([open.staged, open.superseded]).toEqual([1, 1]);
  });

  test('touches for a fill that has no effect any more, since a crash may have taken the touches of the first', () => {
    const fill: RowRecord = { kind: 'fill', table: 0, key: 'a', since: at(1), columns: [1], values: 'x', bytes: 1 };
    const batch = applied(new RowBatch(tables, fence(), [[row('a', 'x', 3)]]), fill);
    expect([batch.writes(), batch.images()]).toEqual([[], [{ table: 0, key: 'a', k: { j0: 'x' } }]]);
  });

  test('keeps a correction only while the row stands as it was corrected', () => {
    const edit = (n: number): RowRecord => ({
      kind: 'edit',
      table: 0,
      key: 'a',
      at: at(n),
      columns: { ref: 'q' },
      bytes: 1,
    });
    expect(applied(new RowBatch(tables, fence(), [[row('a', 'x', 3)]]), edit(2)).writes()).toEqual([]);
    const edited = applied(new RowBatch(tables, fence(), [[row('a', 'x', 3)]]), edit(3)).writes()[0]?.replaces[0];
    expect(edited?.edit).toEqual({ at: at(3), columns: { ref: 'q' } });
  });

  test('is halved by its records, then by the rows of the one record, in order', () => {
    const one = changes(change(1, 'a', 'x'));
    expect(halvesOf([one, one, one])).toEqual([[one, one], [one]]);
    expect(halvesOf([changes(change(1, 'a', 'x'), change(2, 'b', 'x'))])).toEqual([
      [one],
      [changes(change(2, 'b', 'x'))],
    ]);
    expect(halvesOf([one])).toBeUndefined();
  });
});
