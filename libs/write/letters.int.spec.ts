import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { partitionOf } from '#log';
import type { CollectionPlan, Plan } from '#model';
import { IncarnationNames, newTouchesFence, type TouchesFence } from '#stage';
import { openMongoStore } from '#store/mongodb';
import { type TestMongo, testMongo } from '#testing';
import type { Letter } from './letter.js';
import { Letters } from './letters.js';

const PARTITIONS = 5;
const names = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
const collection = { index: 0, name: 'people', root: 0 } as CollectionPlan;
const plan = {
  nodes: [{ table: 0 }],
  tables: [{ columns: [], key: [] }],
  collections: [collection],
} as unknown as Plan;
const now = new Date('2030-01-01');

let mongo: TestMongo;
let store: Awaited<ReturnType<typeof openMongoStore>>;

beforeAll(async () => {
  mongo = await testMongo();
  store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase: `${mongo.database}_state`,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  const fences = Array.from({ length: PARTITIONS }, (_, partition) => newTouchesFence(names.touchesFence(partition)));
  await store.write.put(names.fences, fences);
  for (const made of [names.letters, names.stage(0)]) await store.createCollection(made);
});
afterAll(async () => {
  await store?.dropState();
  await store?.close();
  await mongo?.[Symbol.asyncDispose]();
});

test('a root that loses its _id has a letter in the same transaction, which is due once the _id is free', async () => {
  const letters = new Letters(
    names,
    () => now,
    PARTITIONS,
    () => undefined,
  );
  const waits = '0:s"a"';
  const ousted = new Map([['r2', { code: 'ID_TAKEN', message: '', waits }]]);
  const partition = partitionOf(0, 'r2', PARTITIONS);
  const other = (partition + 1) % PARTITIONS;
  const settle = () =>
    store.transact('touches', async (tx) => {
      const fence = await tx.fence<TouchesFence>(names.fences, names.touchesFence(other));
      const batch = {
        fence,
        partition: other,
        plan,
        collection,
        outcomes: [],
        causes: new Map(),
        rows: new Map(),
        ousted,
      };
      return letters.settle(tx, batch);
    });
  expect(await settle()).toMatchObject({ written: [{ root: 'r2' }], failed: 0 });
  expect((await settle()).written).toEqual([]);
  const [letter] = await store.read.range<Letter>(names.letters, {}, { limit: 2 });
  expect(letter).toMatchObject({ root: 'r2', partition, waits });
  const fence = await store.read.byId<TouchesFence>(names.fences, names.touchesFence(partition));
  expect(fence?.letters).toBe(1);

  expect(await store.transact('touches', (tx) => letters.wake(tx, [waits]))).toEqual(['r2']);
  expect((await store.read.byId<Letter>(names.letters, letter?._id))?.nextAt).toEqual(now);
});

test('a document that waits for its _id counts as failed only where it still waits at its first retry', async () => {
  let at = now;
  const told: number[] = [];
  const letters = new Letters(
    names,
    () => at,
    PARTITIONS,
    (_, failed) => told.push(failed),
  );
  const settle = async (cause: { code: string; message: string; waits?: string }) => {
    const outcomes = [{ kind: 'refused' as const, root: 'r7', row: undefined, cause }];
    const settled = await store.transact('touches', async (tx) => {
      const fence = await tx.fence<TouchesFence>(names.fences, names.touchesFence(0));
      const causes = new Map([['r7', cause]]);
      return letters.settle(tx, {
        fence,
        partition: 0,
        plan,
        collection,
        outcomes,
        causes,
        rows: new Map(),
        ousted: new Map(),
      });
    });
    letters.committed(settled);
  };
  const waiting = { code: 'ID_TAKEN', message: '', waits: '0:s"b"' };
  await settle(waiting);
  at = new Date(now.getTime() + 4_000);
  await settle(waiting);
  at = new Date(now.getTime() + 5_000);
  await settle(waiting);
  await settle({ code: 'OTHER', message: '' });
  expect(told).toEqual([0, 0, 1, 0]);
});
