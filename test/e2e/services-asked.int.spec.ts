import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { testKafka, waitFor } from '#testing';
import { presentNames } from './kit/incarnation.js';
import { type ServicesJob, servicesJob } from './kit/services-job.js';

jest.setTimeout(300_000);

/** What is asked of a job while services run it: held in its load, loaded anew, stopped by its letters, reset. */

const ROWS = 10_000;
const SLOWLY = { timeoutMs: 120_000, everyMs: 50 };

let here: ServicesJob;
let name: string;
beforeAll(async () => {
  const { brokers } = await testKafka();
  here = await servicesJob({
    brokers,
    seed: 1,
    env: { MILLRACE_ROOTS_PER_BUILD_TASK: '500' },
    oracle: {
      schema: `CREATE TABLE things (id int PRIMARY KEY, size int);
        INSERT INTO things SELECT i, i FROM generate_series(1, ${ROWS}) i;`,
      collections: 'things: { table: public.things }',
      truth: { things: `SELECT json_build_object('_id', oracle.i(id), 'size', oracle.i(size)) FROM things` },
      more: 'stopAfterErrors: 1',
    },
  });
  name = here.job.mongo.job;
  await Promise.all([
    here.deployment.start('ingest', 2),
    here.deployment.start('transform'),
    here.deployment.start('write'),
  ]);
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
});

const loaded = async (): Promise<number> => (await here.job.commands.status()).tables[0]?.rows ?? 0;
const incarnationId = async (): Promise<string> => (await presentNames(here.job.mongo, name)).incarnationId;
const ended = async () => (await here.deployment.jobs.get(name)).ended;

test('a load that is paused stands still in all replicas, and goes on when it is resumed', async () => {
  const { job, deployment, reached } = here;
  await deployment.run(name, job.text);
  await reached('loading');
  await waitFor(async () => (await loaded()) > 0, SLOWLY);
  await job.commands.pause();
  let [before, now] = [-1, await loaded()];
  // Chunks that were begun come to their end.
  await waitFor(
    async () => {
      [before, now] = [now, await loaded()];
      return before === now;
    },
    { timeoutMs: 60_000, everyMs: 4_000 },
  );
  expect(now).toBeLessThan(ROWS);
  expect(await here.phase()).toBe('paused');
  await job.commands.resume();
  await reached('streaming');
  await job.isTrue();
});

test('of several loads anew that are asked for in a row the last one is loaded, once', async () => {
  const { job, deployment, reached } = here;
  const former = await incarnationId();
  await deployment.jobs.run(name, { fresh: true });
  await waitFor(async () => (await incarnationId()) !== former, SLOWLY);
  const first = await incarnationId();
  await deployment.jobs.run(name, { fresh: true });
  await deployment.jobs.run(name, { fresh: true });
  await waitFor(async () => (await incarnationId()) !== first, SLOWLY);
  await reached('streaming');
  const last = await incarnationId();
  await job.after('UPDATE things SET size = size + 1 WHERE id < 100');
  expect(await incarnationId()).toBe(last);
  expect(await ended()).toBeNull();
});

test('a job that its dead letters stop is not run again by itself, and goes on when it is asked for', async () => {
  const { job, deployment, reached } = here;
  await job.mongo.db.command({ collMod: 'things', validator: { size: { $gte: 0 } } });
  await job.pg.exec('UPDATE things SET size = -1 WHERE id = 1');
  await waitFor(async () => (await ended())?.kind === 'refused', SLOWLY);
  expect((await ended())?.error).toMatchObject({ code: 'STOPPED_BY_ERROR' });
  expect(await job.commands.status()).toMatchObject({ phase: 'attention' });
  await job.mongo.db.command({ collMod: 'things', validator: {} });
  await deployment.jobs.run(name);
  await reached('streaming');
  await job.after('UPDATE things SET size = 1 WHERE id = 1');
});

test('a job that was reset is run anew at once, while its workers leave the former load', async () => {
  const { job, deployment, reached } = here;
  const former = await incarnationId();
  await deployment.jobs.stop(name);
  await waitFor(async () => !(await job.commands.status()).running, SLOWLY);
  await job.commands.reset();
  await job.mongo.db.dropCollection('things');
  await deployment.jobs.run(name);
  await reached('streaming');
  expect(await incarnationId()).not.toBe(former);
  await job.isTrue();
});
