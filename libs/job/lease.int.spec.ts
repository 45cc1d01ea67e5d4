import { expect, test } from '@jest/globals';
import { JOB, LEASE_ID } from '#stage';
import { openMongoStore } from '#store/mongodb';
import { testMongo } from '#testing';
import { Lease, LeaseWatch } from './lease.js';
import { stateStore } from './testing/state-store.js';

test('a holder whose beat stands still is dead, and what it left open holds nobody up', async () => {
  await using mongo = await testMongo();
  const open = () =>
    openMongoStore({
      uri: mongo.uri,
      stateDatabase: `millrace_${mongo.job}`,
      targetDatabase: mongo.database,
      appName: `millrace ${mongo.job}`,
    });
  const [killed, next] = await Promise.all([open(), open()]);
  const record = { _id: LEASE_ID, holder: 'killed', beat: 7, host: 'elsewhere', pid: 1, started: null };
  await next.write.put(JOB, [record, { _id: 'fence' }]);
  let goOn = (): void => undefined;
  let left: Promise<unknown> = Promise.resolve();
  await new Promise<void>((holding) => {
    left = killed.transact('left open', async (tx) => {
      await tx.put(JOB, [{ _id: 'fence', n: 1 }]);
      holding();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    });
  });
  left.catch(() => undefined);
  let nowMs = 0;
  const timers = {
    now: () => nowMs,
    wait: async (ms: number) => {
      nowMs += ms;
    },
  };
  expect(await new Lease(next, timers).livingHolder()).toBeUndefined();
  const waited = performance.now();
  await next.write.put(JOB, [{ _id: 'fence', n: 2 }]);
  expect(performance.now() - waited).toBeLessThan(20_000); // Left alone, the server ends a transaction after 60 s.
  await killed.close();
  goOn();
  await next.close();
});

test('who has watched a lease while another process held it need not wait to know that its beat stands still', async () => {
  await using mongo = await testMongo();
  const store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase: `millrace_${mongo.job}`,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  const elsewhere = { _id: LEASE_ID, holder: 'someone', beat: 7, host: 'another', pid: 1, started: null };
  await store.write.put(JOB, [elsewhere]);
  let nowMs = 0;
  const timers = { now: () => nowMs, wait: () => Promise.reject(new Error('waited')) };
  const watch = new LeaseWatch(store, timers);
  await watch.look();
  nowMs = 9_000;
  const never = new AbortController().signal;
  await expect(new Lease(store, timers, watch).acquire(0, () => undefined, never)).rejects.toMatchObject({
    code: 'JOB_RUNNING',
  });
  nowMs = 10_000;
  const lease = new Lease(store, timers, watch);
  await lease.acquire(0, () => undefined, never);
  await lease.release();
  await store.close();
});

test('a process that lives on, and runs the job no more, holds nothing by its beat', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const never = new AbortController().signal;
  const stopped = new Lease(store, { now: () => 0, wait: () => new Promise(() => undefined) });
  await stopped.acquire(0, () => undefined, never);
  let nowMs = 0;
  const timers = {
    now: () => nowMs,
    wait: async (ms: number) => {
      nowMs += ms;
    },
  };
  const asking = new Lease(store, timers);
  expect(await asking.livingHolder()).toBe(stopped.holder);
  expect(await asking.livingHolder({ byBeat: true })).toBeUndefined();
});

const untilAborted = (_ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));

test('a lease is not given up while what cannot be undone is on its way, and ends by itself then', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const never = new AbortController().signal;
  let nowMs = 0;
  const timers = {
    now: () => nowMs,
    wait: async (ms: number) => {
      nowMs += ms;
    },
  };
  const stopped = new Lease(store, { now: () => 0, wait: untilAborted });
  await stopped.acquire(0, () => undefined, never);
  let arrives = (): void => undefined;
  const drop = stopped.keptFor(
    () =>
      new Promise<void>((resolve) => {
        arrives = resolve;
      }),
  );
  await stopped.release();
  await expect(new Lease(store, timers).acquire(0, () => undefined, never)).rejects.toMatchObject({
    code: 'JOB_RUNNING',
  });
  const next = new Lease(store, timers);
  await next.acquire(11_000, () => undefined, never);
  arrives();
  await drop;
  await stopped.release();
  await next.confirm();
  await next.release();
});
