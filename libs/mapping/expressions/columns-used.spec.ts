import { expect, test } from '@jest/globals';
import { columnsUsed } from './columns-used.js';

test.each<[string, string[] | null]>([
  ['columns.a + columns.b.c', ['a', 'b']],
  ['columns?.a', ['a']],
  ['columns.größe', ['größe']],
  ['columns\n  .a', ['a']],
  ['1 + 1', []],
  ['"columns.a"', ['a']],
  ['columns["a"]', null],
  ['columns', null],
  ['Object.keys(columns)', null],
  ['(({ a }) => a)(columns)', null],
  ['(columns.a, columns)', null],
  ['x.columns.a', null],
  ['col\\u0075mns.a', null],
  ['eval("col" + "umns.a")', null],
  ['columns/* */.a', null],
])('%j can read %j', (source, names) => {
  expect(columnsUsed(source)).toEqual(names === null ? null : new Set(names));
});
