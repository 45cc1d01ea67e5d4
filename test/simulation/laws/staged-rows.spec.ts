import { expect, test } from '@jest/globals';
import { packTuple } from '#model';
import type { Stored } from '../store/index.js';
import { stageDifferences } from './staged-rows.js';

const TABLE = { index: 0, name: 't', columns: ['id', 'big'] };
const ROWS = new Map([
  ['i1', { id: '1', big: 'large', left: 'out' }],
  ['i2', { id: '2', big: null, left: 'out' }],
]);
const ONE = { _id: 'i1', at: '', c: packTuple(['1', 'large']) };
const TWO = { _id: 'i2', at: 'p', c: packTuple(['2', null]) };

const differences = (...staged: Stored[]): string[] =>
  stageDifferences([TABLE], { sourceRows: () => ROWS, staged: () => staged });

test('a stage that has the source’s rows, and others as gone, is right', () => {
  expect(differences(ONE, TWO, { _id: 'i3', at: 'p', gone: true })).toEqual([]);
});

test.each<[string, Stored[], RegExp]>([
  ['a row that was never staged', [ONE], /t i2 was never staged/],
  ['a row that the source does not have', [ONE, TWO, { ...ONE, _id: 'i3' }], /t i3 is staged, and the source has no/],
  ['a row that is gone on the stage alone', [ONE, { _id: 'i2', at: 'p', gone: true }], /t i2 is gone on the stage/],
  [
    'a column that stayed missing',
    [ONE, { ...TWO, missing: { columns: [1], since: 'p' } }],
    /t i2 has missing columns/,
  ],
  ['a row without columns', [ONE, { _id: 'i2', at: 'p' }], /t i2 has no columns/],
  ['another value', [{ ...ONE, c: packTuple(['1', 'small']) }, TWO], /t i1 should be \["1","large"\].*\["1","small"\]/],
  ['an empty text for a null', [ONE, { ...TWO, c: packTuple(['2', '']) }], /t i2 should be \["2",null\].*\["2",""\]/],
  ['a column too many', [ONE, { ...TWO, c: packTuple(['2', null, 'x']) }], /t i2 should be/],
])('%s is told', (_, staged, told) => {
  const found = differences(...staged);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(told);
});
