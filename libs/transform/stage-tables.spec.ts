import { expect, test } from '@jest/globals';
import type { NodePlan, StagedRow, TablePlan } from '#model';
import { RowMerge } from '#stage';
import { evaluateRows, type StageTable } from './stage-tables.js';

const plan = { schema: 'public', name: 't', columns: [{ name: 'id' }, { name: 'body' }] } as unknown as TablePlan;
const table = {
  plan,
  merge: new RowMerge(plan, () => undefined),
  expressionNodes: [{ id: 3 } as NodePlan],
} as unknown as StageTable;
const evaluated = (result: string): StagedRow => {
  const row: StagedRow = { _id: '1', at: '7', c: `1\t${'a'.repeat(9_000_000)}` };
  evaluateRows(table, [row], { evaluate: (_node, rows) => rows.map(() => [{ v: `s${result}` }]) });
  return row;
};

test('a row that the results of its expressions make too large is staged as bad, without them and its columns', () => {
  expect(evaluated('x'.repeat(9_000_000))).toEqual({
    _id: '1',
    at: '7',
    bad: { code: 'ROW_TOO_LARGE', message: expect.any(String) },
    missing: { columns: [0, 1], since: '7', transaction: '' },
  });
  expect(evaluated('x').x).toEqual({ 3: [{ v: 'sx' }] });
});
