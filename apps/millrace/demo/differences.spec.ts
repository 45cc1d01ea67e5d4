import { expect, test } from '@jest/globals';
import { differences } from './differences.js';

test.each([
  ['a field', { a: 1, b: 'x' }, { a: 1, b: 'y' }, ['b: "x" → "y"']],
  ['a field inside', { c: { city: 'Bern' } }, { c: { city: 'Graz' } }, ['c.city: "Bern" → "Graz"']],
  ['an item that left', { l: [{ n: 1 }, { n: 2 }] }, { l: [{ n: 2 }] }, ['l[1]: gone']],
  ['an item that came', { l: [] }, { l: [{ n: 2, p: 3 }] }, ['l[2]: {"n":2,"p":3}']],
  ['a document that came', undefined, { a: 1 }, ['is there: {"a":1}']],
  ['a document that went', { a: 1 }, undefined, ['is gone']],
  ['nothing', { a: [1] }, { a: [1] }, []],
])('tells %s', (_title, before, after, expected) => {
  expect(differences(before, after)).toEqual(expected);
});
