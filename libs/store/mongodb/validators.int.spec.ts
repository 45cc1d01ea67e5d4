import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Document, Double, Int32, ObjectId } from 'mongodb';
import type { Doc, Store } from '../store.js';
import { type TestMongo, testMongo } from '#testing';
import { openMongoStore } from './open-mongo-store.js';

let mongo: TestMongo;
let n = 0;
let things: { database: 'target'; name: string };
beforeAll(async () => {
  mongo = await testMongo();
});
afterAll(async () => {
  await mongo[Symbol.asyncDispose]();
});
beforeEach(() => {
  things = { database: 'target', name: `things ${n++}` };
});

async function foreseen(docs: readonly Doc[], options?: Document): Promise<(number | undefined)[] | undefined> {
  if (options) await mongo.db.createCollection(things.name, options);
  const store: Store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase: `${mongo.database}_state`,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  try {
    return (await store.foresee?.(things, docs))?.map(({ index }) => index);
  } finally {
    await store.close();
  }
}

/** What the collection itself says, document by document. */
async function refused(docs: readonly Doc[]): Promise<number[]> {
  const places: number[] = [];
  for (const [place, doc] of docs.entries()) {
    await mongo.db
      .collection(things.name)
      .insertOne(doc as never)
      .catch(() => places.push(place));
  }
  return places;
}

const number = { bsonType: 'number', minimum: 0 };
test.each<[string, Document, number[]]>([
  ['a schema', { $jsonSchema: { required: ['size'], properties: { size: number } } }, [1, 2, 5, 6]],
  ['a closed schema', { $jsonSchema: { properties: { _id: {}, size: {} }, additionalProperties: false } }, [3, 6]],
  ['a path', { 'deep.list.x': 1, $or: [{ size: { $type: 'number' } }, { _id: 'x' }] }, [0, 1, 2, 4, 5]],
  ['an expression', { $expr: { $eq: ['$deep.list.x', [1]] } }, [0, 1, 2, 4, 5]],
])('what is foreseen of %s is what the collection refuses, whatever the documents hold', async (_, validator, bad) => {
  const docs: Doc[] = [
    { _id: 1, size: 1 },
    { _id: new Int32(2), size: -1 },
    { _id: new Double(2.5), size: '$size' },
    { _id: new ObjectId(), size: 1, note: '$$ROOT', deep: { 'a.b': ['$x', { $y: 1 }], list: [{ x: 1 }] } },
    { _id: { a: 1, b: '$b' }, size: 5n },
    { _id: { b: 1, a: 1 }, size: null },
    { _id: 'x', deep: { list: [{ y: 2 }, { x: 1 }, 3] } },
  ];
  const places = await foreseen(docs, { validator });
  expect(places).toEqual(await refused(docs));
  expect(places).toEqual(bad);
});

test('documents of more than one command are all looked at', async () => {
  const docs = Array.from({ length: 30 }, (_, i) => ({ _id: i, size: i - 1, note: 'x'.repeat(2 ** 20) }));
  expect(await foreseen(docs, { validator: { size: { $gte: 0, $lt: 28 } } })).toEqual([0, 29]);
});

test.each([
  ['no validator', {}],
  ['one that lets be what was wrong before', { validator: { size: 1 }, validationLevel: 'moderate' }],
  ['one that only warns', { validator: { size: 1 }, validationAction: 'warn' }],
  ['no such collection', undefined],
])('nothing is foreseen where there is %s', async (_, options) => {
  expect(await foreseen([{ _id: 1, size: 2 }], options)).toEqual([]);
});

test('letters are compared as the collection compares them', async () => {
  const collation = { locale: 'en', strength: 2 };
  expect(
    await foreseen(
      [
        { _id: 1, code: 'A' },
        { _id: 2, code: 'b' },
      ],
      { validator: { code: 'a' }, collation },
    ),
  ).toEqual([1]);
});

test('a refusal is told in the words that writing is refused with', async () => {
  await mongo.db.createCollection(things.name, { validator: { size: 1 } });
  const store: Store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase: `${mongo.database}_state`,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  const docs = [{ _id: 1, size: 2 }];
  const [foreseen] = (await store.foresee?.(things, docs)) ?? [];
  await expect(store.transact('test', (tx) => tx.insert(things, docs))).rejects.toEqual(foreseen);
  expect(foreseen).toMatchObject({ kind: 'validation', index: 0 });
  await store.close();
});

test('what cannot be asked is not foreseen, and is no error', async () => {
  const cyclic: Doc = { _id: 1 };
  cyclic['self'] = cyclic;
  expect(await foreseen([cyclic], { validator: { self: 1 } })).toEqual([]);
});
