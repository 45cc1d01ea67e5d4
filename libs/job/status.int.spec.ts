import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Plan, RowChange } from '#model';
import { JOB } from '#stage';
import type { Doc, Store } from '#store';
import type { JobEvent, Phase } from './commands.js';
import type { JobRecord } from './job-record.js';
import { Lease } from './lease.js';
import { LiveView } from './live.js';
import { statusOf } from './status.js';
import { stateStore } from './testing/state-store.js';
import { watchJob } from './watch-job.js';

const INCARNATION = { incarnation: 1, incarnationId: 'a' };
const PLAN = {
  tables: [
    { index: 0, sourceId: '1', schema: 'public', name: 'orders' },
    { index: 1, sourceId: '2', schema: 'public', name: 'customers' },
  ],
  nodes: [{ table: 0 }, { table: 1 }],
  collections: [
    { index: 0, name: 'orders', root: 0 },
    { index: 1, name: 'customers', root: 1 },
  ],
} as unknown as Plan;
const changes = (count: number) => Array<RowChange>(count).fill({} as RowChange);

/** A job that runs: `keep` and `status` as `millrace run` and `millrace status` do them, `tick` lets time go by. */
async function runningJob() {
  const kept = await stateStore();
  const { store } = kept;
  let nowMs = 1_000;
  const timers = {
    now: () => nowMs,
    wait: (ms: number, signal?: AbortSignal) => delay(ms, undefined, { signal }),
    setTimeout: () => undefined,
    clearTimeout: () => undefined,
    random: () => 0,
  };
  const lease = new Lease(store, timers);
  await lease.acquire(0, () => undefined, new AbortController().signal);
  const told: JobEvent[] = [];
  const estimates = new Map([
    ['1', 1_000],
    ['2', 10],
  ]);
  const view = () => new LiveView(PLAN, timers.now, estimates, (event) => told.push(event));
  return {
    live: view(),
    view,
    store,
    put: (record: Doc) => store.write.put(JOB, [record]),
    lease,
    told,
    tick: (ms: number) => (nowMs += ms),
    enter: (phase: Phase) =>
      store.write.put(JOB, [{ _id: 'job', ...INCARNATION, phase, plan: PLAN, capture: null } as unknown as JobRecord]),
    status: () => statusOf({ job: 'shop', store, timers, retained: async () => 0 }),
    async [Symbol.asyncDispose]() {
      await lease.release();
      await kept[Symbol.asyncDispose]();
    },
  };
}

/** What somebody who only looks on is told. */
async function watched(store: Store, kind: JobEvent['kind']): Promise<JobEvent | undefined> {
  const end = new AbortController();
  for await (const event of watchJob(store, { wait: () => Promise.resolve() }, end.signal))
    if (event.kind === kind) return event;
  return undefined;
}

/** Loads for 100 s. */
async function loadedJob() {
  const job = await runningJob();
  const { live, enter, tick } = job;
  await enter('loading');
  live.tell('loading', 0);
  live.rows(0, 1_000);
  live.rows(1, 10);
  tick(100_000);
  for (const table of [0, 1]) live.tableDone(table);
  live.expect(PLAN);
  await enter('building');
  return job;
}

test('what is built shows while the phase is building, with the time left at the pace since that began', async () => {
  await using job = await loadedJob();
  const { live, put, tick, status, enter } = job;
  await live.keep(put, 'a', 0);
  const none = [
    { collection: 'orders', roots: 0, total: 1_000 },
    { collection: 'customers', roots: 0, total: 10 },
  ];
  expect(await status()).toMatchObject({ phase: 'building', running: true, built: none });
  live.roots(0, 250);
  live.roots(1, 10);
  tick(10_000);
  await live.keep(put, 'a', 0);
  const { built, ...rest } = await status();
  expect(built).toEqual([
    { collection: 'orders', roots: 250, total: 1_000, etaSeconds: 30 },
    { collection: 'customers', roots: 10, total: 10 },
  ]);
  expect(rest).not.toHaveProperty('changesPerSecond');
  for (const phase of ['loading', 'streaming'] as const) {
    await enter(phase);
    expect(await status()).not.toHaveProperty('built');
  }
});

test('what others build is counted from the beginning of building, too', async () => {
  await using job = await loadedJob();
  const { live, put, tick, status } = job;
  tick(10_000);
  live.counted(0, 250);
  await live.keep(put, 'a', 0);
  expect((await status()).built).toContainEqual({ collection: 'orders', roots: 250, total: 1_000, etaSeconds: 30 });
});

test('what was built before this process took the job over is no pace of building', async () => {
  await using job = await loadedJob();
  const { put, tick, status, view } = job;
  const live = view();
  live.rows(0, 1_000);
  live.tableDone(0);
  live.expect(PLAN);
  tick(1_000);
  live.counted(0, 900);
  await live.keep(put, 'a', 0);
  expect((await status()).built).toContainEqual({ collection: 'orders', roots: 900, total: 1_000 });
  tick(10_000);
  live.counted(0, 910);
  await live.keep(put, 'a', 0);
  expect((await status()).built).toContainEqual({ collection: 'orders', roots: 910, total: 1_000, etaSeconds: 90 });
});

test('changes a second show while a run follows them, since they were kept last, whatever was told meanwhile', async () => {
  await using job = await runningJob();
  const { live, store, put, tick, status, enter, lease, told } = job;
  await enter('streaming');
  live.captured(changes(50));
  await live.keep(put, 'a', 0);
  live.captured(changes(10));
  tick(1_000);
  live.tell('streaming', 0);
  live.captured(changes(2));
  tick(1_000);
  live.tell('streaming', 0);
  await live.keep(put, 'a', 0);
  expect(told).toMatchObject([{ changesPerSecond: 60 }, { changesPerSecond: 2 }]);
  expect(await status()).toMatchObject({ running: true, changesPerSecond: 6 });
  expect(await watched(store, 'streaming')).toMatchObject({ changesPerSecond: 6 });
  await enter('paused');
  expect(await status()).not.toHaveProperty('changesPerSecond');
  await enter('streaming');
  await lease.release();
  expect(await status()).toMatchObject({ running: false });
  expect(await status()).not.toHaveProperty('changesPerSecond');
});

test('a run of a former version, which keeps neither, has a status all the same', async () => {
  await using job = await runningJob();
  const { store, status, enter } = job;
  const tables = [{ table: 'public.orders', rows: 1, total: 2 }];
  const kept = { incarnationId: 'a', at: new Date(0), tables, lagSeconds: 0, retainedBytes: 0, trouble: null };
  await store.write.put(JOB, [{ _id: 'live', ...kept }]);
  for (const phase of ['building', 'streaming'] as const) {
    await enter(phase);
    expect(await status()).toEqual({
      job: 'shop',
      phase,
      running: true,
      tables,
      lagSeconds: 0,
      deadLetters: 0,
      retainedBytes: 0,
    });
  }
});
