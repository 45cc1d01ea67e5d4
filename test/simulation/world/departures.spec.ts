import { expect, test } from '@jest/globals';
import type { Model } from '../workload/index.js';
import { Departures, staysAwayIn } from './departures.js';

const many = (row: string, version: number) => ({ place: '/many', row, version });

function wrongIn(...documents: (ReturnType<typeof many>[] | undefined)[]): string[] {
  const departures = new Departures((_, place) => place === '/many');
  return documents.flatMap((rows) => {
    if (rows !== undefined) return departures.look('c0', 'c0 1', rows);
    departures.gone('c0 1');
    return [];
  });
}

test('a row that has left is there again only with a change of its own', () => {
  expect(wrongIn([many('a', 3)], [], [many('a', 3)])).toHaveLength(1);
  expect(wrongIn([many('a', 3)], [many('b', 9)], [], [many('a', 2)])).toHaveLength(1);
  expect(wrongIn([many('a', 3)], [], [many('a', 4)], [many('a', 4)])).toEqual([]);
});

test('of a root that was gone all rows may be there again', () => {
  expect(wrongIn([many('a', 3)], [], undefined, [many('a', 3)])).toEqual([]);
});

test('elsewhere rows may leave by what others do', () => {
  const one = { ...many('a', 3), place: '/one' };
  expect(wrongIn([one], [], [one])).toEqual([]);
});

test('rows stay away from arrays that are joined by the key of a root, and whose length nothing limits', () => {
  const embed = (field: string, mine: string, limit?: number) => ({
    field,
    kind: 'many',
    node: { table: 't1', on: [['t0_id', mine]], embed: [] },
    ...(limit && { limit }),
  });
  const root = { table: 't0', embed: [embed('all', 'id'), embed('few', 'id', 2), embed('by_code', 'code')] };
  const model = {
    tables: [{ name: 't0', key: ['id'], columns: [{ name: 'id', type: 'int' }] }],
    collections: [
      { name: 'c0', root },
      { name: 'c1', root, id: { column: 'code' } },
    ],
  } as unknown as Model;
  const staysAway = staysAwayIn(model);
  expect(['/all', '/few', '/by_code'].filter((place) => staysAway('c0', place))).toEqual(['/all']);
  expect(staysAway('c1', '/all')).toBe(false);
});
