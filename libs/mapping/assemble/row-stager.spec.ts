import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Plan, packTuple } from '#model';
import { compileRowStager } from './row-stager.js';

const columns = [
  ['id', 'int64'],
  ['a', 'text'],
  ['b', 'numeric'],
  ['c', 'int32'],
  ['d', 'text'],
].map(([name, kind]) => ({ name, type: { kind, name: kind }, nullable: true }));
const plan = {
  tables: [
    {
      columns,
      joins: [
        { name: 'j0', columns: [3, 1] },
        { name: 'j1', columns: [2] },
      ],
    },
    { columns, joins: [] },
  ],
} as unknown as Plan;

describe('a row stager', () => {
  const stager = compileRowStager(plan, 0);

  test('makes the canonical join values, none where a column is null', () => {
    expect(stager.ofValues(['1', 'x', '1.0', '5', null])).toEqual({ j0: 'NA5\0Tx', j1: 'NA1' });
    expect(stager.ofValues(['1', null, '1.0', '5', null])).toEqual({ j1: 'NA1' });
    expect(stager.ofValues(['1', null, null, '5', null])).toBeUndefined();
    expect(compileRowStager(plan, 1).ofValues(['1', 'x', '1', '5', null])).toBeUndefined();
  });

  test('makes the same of a packed tuple', () => {
    const text = fc.option(fc.string({ unit: fc.constantFrom('a', '\t', '\\', 'N') }));
    const number = fc.option(fc.integer().map(String));
    fc.assert(
      fc.property(fc.tuple(number, text, number, number, text), (values) => {
        expect(stager.ofTuple(packTuple(values))).toEqual(stager.ofValues(values));
      }),
    );
  });
});
