import { expect, test } from '@jest/globals';
import { packTuple, type StagedRow } from '#model';
import { StageOrder } from './stage-order.js';

const row = (at: string, more: Partial<StagedRow> = {}): StagedRow => ({
  _id: 'a',
  at,
  c: packTuple(['1', 'x']),
  ...more,
});
const gone = (at: string): StagedRow => ({ _id: 'a', at, gone: true });
const missing = { columns: [1], since: 'p1', transaction: '7' };

function broken(before: StagedRow | undefined, after: StagedRow | undefined): string[] {
  const order = new StageOrder();
  order.committed({ collection: 'stage_1-a_0', _id: 'a', before: before as never, after: after as never });
  return order.broken;
}

test.each<[string, StagedRow | undefined, StagedRow]>([
  ['a first row', undefined, row('')],
  ['a newer change', row(''), row('p1', { c: packTuple(['1', 'y']) })],
  ['a delete', row('p1'), gone('p2')],
  ['a row that comes again', gone('p1'), row('p2')],
  ['a fill', row('p1', { missing }), row('p1', { c: packTuple(['1', 'y']) })],
  ['a row evaluated again', row('p1'), row('p1', { x: { 0: [{ v: 'n1' }] } })],
])('%s is in order', (_, before, after) => {
  expect(broken(before, after)).toEqual([]);
});

test.each<[string, StagedRow, StagedRow | undefined, string]>([
  ['an older change', row('p2'), row('p1'), 'went back from p2 to p1'],
  ['a loaded row in the place of a delete', gone('p1'), row(''), 'went back from p1 to loaded'],
  ['a row that is removed', gone('p1'), undefined, 'was removed'],
  ['a row that is brought back by nothing newer', gone('p1'), row('p1'), 'is there again at the same position p1'],
  [
    'a column that was not missing',
    row('p1', { missing }),
    row('p1', { c: packTuple(['2', 'x']) }),
    'has other columns at the same position p1',
  ],
])('%s is told', (_, before, after, told) => {
  expect(broken(before, after)).toEqual([`stage_1-a_0 a ${told}`]);
});
