import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { REAL_JOB_TIMERS } from '#compose';
import type { JobTimers } from '#job';
import { Metrics } from '#observability/metrics';
import { IncarnationNames, JOB, JOB_ID } from '#stage';
import type { Store } from '#store';
import { openMongoStore } from '#store/mongodb';
import { type TestMongo, testMongo, waitFor } from '#testing';
import { JobWatch } from './job-watch.js';

let mongo: TestMongo;
let store: Store;
beforeAll(async () => {
  mongo = await testMongo();
  store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase: `${mongo.database}_state`,
    targetDatabase: mongo.database,
    appName: 'test',
  });
});
beforeEach(() => store.dropState());
afterAll(async () => {
  await store.dropState();
  await store.close();
  await mongo[Symbol.asyncDispose]();
});

/** A watch that looks all the time, as long as it is not disposed of. */
function watching(removeQueue: (name: string) => Promise<void>) {
  const metrics = new Metrics('dead-letter');
  let looks = 0;
  const wait: JobTimers['wait'] = (_, signal) => {
    looks++;
    return REAL_JOB_TIMERS.wait(20, signal);
  };
  const timers: JobTimers = { ...REAL_JOB_TIMERS, wait };
  const ending = new AbortController();
  const following = new JobWatch({ job: 'shop', store, timers, metrics, removeQueue }).follow(ending.signal);
  let failure: unknown;
  following.catch((error: unknown) => {
    failure = error;
  });
  const told = async (gauge: 'deadLetters' | 'deadLetterOldest' | 'phase') =>
    (await metrics[gauge].get()).values.map(({ value }) => value);
  return {
    told,
    /** Until it has looked again, and once more. */
    async looked() {
      const enough = looks + 2;
      await waitFor(() => looks >= enough);
    },
    get failure() {
      return failure;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following;
    },
  };
}

const load = (incarnation: number) => ({ incarnation, incarnationId: `id${incarnation}` });
const begin = (incarnation: number) =>
  store.write.put(JOB, [{ _id: JOB_ID, ...load(incarnation), phase: 'streaming' }]);
const letter = (incarnation: number, _id: string) =>
  store.write.put(new IncarnationNames(load(incarnation)).letters, [{ _id, code: 'ID_NULL', firstAt: new Date() }]);

test('letters are counted while Redis refuses, and the queue of a former load is removed when it does not any more', async () => {
  const asked: string[] = [];
  let isAway = true;
  await begin(2);
  await letter(2, 'a');
  await using watch = watching(async (name) => {
    asked.push(name);
    if (isAway) throw new Error('away');
  });
  await waitFor(() => asked.length >= 3);
  await letter(2, 'b');
  await waitFor(async () => (await watch.told('deadLetters')).includes(2));
  isAway = false;
  const before = asked.length;
  await waitFor(() => asked.length === before + 1);
  await begin(3);
  await waitFor(() => asked.at(-1) === 'shop.2');
  expect(new Set(asked)).toEqual(new Set(['shop.1', 'shop.2']));
  expect(watch.failure).toBeUndefined();
});

test('letters are counted while a removal does not end, which is asked for once, and holds up no stop', async () => {
  const asked: string[] = [];
  await begin(2);
  {
    await using watch = watching((name) => {
      asked.push(name);
      return new Promise(() => undefined);
    });
    await letter(2, 'a');
    await waitFor(async () => (await watch.told('deadLetters')).length === 1);
    await letter(2, 'b');
    await waitFor(async () => (await watch.told('deadLetters')).includes(2));
  }
  expect(asked).toEqual(['shop.1']);
});

test('a job that was forgotten has no letters and no phase any more, and one of its name keeps its queue', async () => {
  const asked: string[] = [];
  let isAway = true;
  await begin(1);
  await letter(1, 'a');
  await using watch = watching(async (name) => {
    asked.push(name);
    if (isAway) throw new Error('away');
  });
  await waitFor(async () => (await watch.told('deadLetters')).length === 1);
  await store.dropState();
  await waitFor(async () => (await watch.told('deadLetters')).length === 0);
  expect(await watch.told('deadLetterOldest')).toEqual([]);
  expect(await watch.told('phase')).toEqual([]);
  await waitFor(() => asked.length > 1);
  await begin(1);
  await watch.looked();
  isAway = false;
  const before = asked.length;
  await watch.looked();
  expect(asked.length).toBe(before);
  await begin(2);
  await waitFor(() => asked.length > before);
  expect(new Set(asked)).toEqual(new Set(['shop.1']));
});

test('what a job that was forgotten has left is removed when its watch ends', async () => {
  const asked: string[] = [];
  await begin(1);
  {
    await using watch = watching(async (name) => void asked.push(name));
    await waitFor(async () => (await watch.told('phase')).length === 1);
    await store.dropState();
  }
  expect(asked).toEqual(['shop.1']);
});
