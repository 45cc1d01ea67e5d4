import { expect, test } from '@jest/globals';
import type { CommittedChange, SimMongo } from '../store/index.js';
import { Departures } from './departures.js';
import { Monotony } from './monotony.js';

const VERSIONS = new Map([
  [3, { big: 'x' }],
  [4, { big: null }],
]);

/** What is found wrong with documents that are committed one after the other under one `_id`. */
function backwards(...documents: (object | undefined)[]): string[] {
  return backwardsIn('c0', documents);
}

/** Undefined: it is deleted. Rows contend for the `_id`s of `c1`. */
function backwardsIn(collection: string, documents: readonly (object | undefined)[]): string[] {
  let told: (change: CommittedChange) => void = () => undefined;
  const mongo = { onCommitted: (listener: typeof told) => (told = listener) } as unknown as SimMongo;
  const monotony = new Monotony(mongo, 'target', VERSIONS, (name) => name === 'c1', new Departures(() => true));
  let before: object | undefined;
  for (const after of documents) {
    told({ database: 'target', collection, _id: 1, before, after } as unknown as CommittedChange);
    before = after;
  }
  return monotony.backwards;
}

test('a row that rises in a document is in order', () => {
  expect(backwards({ born: 1, v: 3, big: 'x' }, { born: 1, v: 4, big: null }, { born: 1, v: 4 })).toEqual([]);
});

test('a row in an array that has a lower number than before has gone back', () => {
  expect(backwards({ many: [{ born: 1, v: 4 }] }, { many: [{ born: 1, v: 3 }] })).toHaveLength(1);
});

test('another row with the same key may have a lower number', () => {
  expect(backwards({ born: 2, v: 4 }, { born: 1, v: 3 })).toEqual([]);
});

test.each([
  ['null where it had a value', { v: 3, big: null }],
  ['a value where it had null', { v: 4, big: 'x' }],
])('a row may not show %s', (_, row) => {
  expect(backwards({ one: { born: 1, ...row } })).toHaveLength(1);
});

test('a document that was deleted comes back only with its root changed, but for one whose _id another root had meanwhile', () => {
  expect(backwards({ born: 1, v: 3 }, undefined, { born: 1, v: 4 }, undefined, { born: 5, v: 5 })).toEqual([]);
  expect(backwards({ born: 1, v: 3 }, undefined, { born: 1, v: 3 })).toHaveLength(1);
  expect(backwardsIn('c1', [{ born: 1, v: 3 }, undefined, { born: 1, v: 3 }])).toEqual([]);
});

test('a row may not be in a document again that it has left', () => {
  const [there, not] = [{ many: [{ born: 1, v: 4 }] }, { many: [] }];
  expect(backwards(there, not, there)).toHaveLength(1);
  expect(backwards(there, not, { many: [{ born: 1, v: 5 }] })).toEqual([]);
});
