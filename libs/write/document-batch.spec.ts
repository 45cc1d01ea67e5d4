import { expect, test } from '@jest/globals';
import type { Assembler } from '#mapping';
import type { CollectionPlan, StagedRow } from '#model';
import { outcomesOf } from './document-batch.js';

const COLLECTION = { index: 0 } as CollectionPlan;
const ASSEMBLER = { idOfKey: (_: number, key: string) => key } as unknown as Assembler;
const NONE = new Map<string, never>();

test('an absent root row means: do nothing, as the state may have been dropped under a late writer', () => {
  const nothingStaged = { rows: NONE, trees: NONE };
  expect(outcomesOf(ASSEMBLER, COLLECTION, ['k'], nothingStaged, NONE, NONE)).toEqual([{ kind: 'none', root: 'k' }]);
});

test('the document of a root that only a former load had goes where it is not on the stage', () => {
  const nothingStaged = { rows: NONE, trees: NONE };
  const former = new Map([['k', 7]]);
  expect(outcomesOf(ASSEMBLER, COLLECTION, ['k'], nothingStaged, former, NONE)).toEqual([
    { kind: 'delete', root: 'k', row: undefined, id: 7 },
  ]);
});

test('the document of a root that is gone is deleted', () => {
  const row: StagedRow = { _id: 'k', at: '1', gone: true };
  const staged = { rows: new Map([['k', row]]), trees: NONE };
  expect(outcomesOf(ASSEMBLER, COLLECTION, ['k'], staged, NONE, NONE)).toEqual([{ kind: 'delete', root: 'k', row }]);
});
