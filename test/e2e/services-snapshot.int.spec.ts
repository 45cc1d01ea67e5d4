import { expect, test } from '@jest/globals';
import { testKafka, waitFor } from '#testing';
import { presentNames } from './kit/incarnation.js';
import type { Replica } from './kit/services.js';
import { type ServicesJob, servicesJob } from './kit/services-job.js';

/** A load of one moment, by several processes: one holds the snapshot open, all of them read in it. */

const ROWS = 20_000;
const SLOWLY = { timeoutMs: 120_000, everyMs: 100 };

async function snapshotJob(): Promise<ServicesJob> {
  const { brokers } = await testKafka();
  return servicesJob({
    brokers,
    seed: 1,
    env: { MILLRACE_ROOTS_PER_BUILD_TASK: '1000' },
    oracle: {
      schema: `CREATE TABLE things (id int PRIMARY KEY, size int);
        INSERT INTO things SELECT i, i FROM generate_series(1, ${ROWS}) i;`,
      collections: 'things: { table: public.things }',
      truth: { things: `SELECT json_build_object('_id', oracle.i(id), 'size', oracle.i(size)) FROM things` },
      more: 'mode: snapshot',
    },
  });
}

const runs = (replica: Replica): boolean => replica.text.includes('elected to run the job');

test('a snapshot is loaded by all ingests, and its dead letters are replayed after that', async () => {
  await using here = await snapshotJob();
  const { deployment, job, reached } = here;
  await job.mongo.db.createCollection('things', { validator: { size: { $lt: ROWS } } });
  await Promise.all([deployment.start('ingest', 2), deployment.start('transform'), deployment.start('write')]);
  await deployment.run(job.mongo.job, job.text);
  await reached('completed');
  expect(await job.commands.listLetters()).toMatchObject([{ code: 'TARGET_VALIDATION' }]);
  await waitFor(async () => (await deployment.jobs.get(job.mongo.job)).ended?.kind === 'done', SLOWLY);
  await job.mongo.db.command({ collMod: 'things', validator: {} });
  const report = await job.commands.replayLetters({ ids: [], all: true, dryRun: false }, 'ada', SIGNAL);
  expect(report).toMatchObject({ replayed: 1, cleared: 1 });
  await job.isTrue();
  expect(deployment.replicas.flatMap(({ errors }) => errors)).toEqual([]);
}, 400_000);

test('where the process that holds the snapshot is killed another one loads anew', async () => {
  await using here = await snapshotJob();
  const { deployment, job, reached } = here;
  const [first, second] = await deployment.start('ingest', 2);
  await deployment.run(job.mongo.job, job.text);
  await reached('loading');
  const { incarnationId } = await presentNames(job.mongo, job.mongo.job);
  const running = await waitFor(() => [first, second].find((replica) => replica && runs(replica)), SLOWLY);
  await (running as Replica).kill();
  await job.pg.exec('UPDATE things SET size = size + 1');
  await Promise.all([deployment.start('transform'), deployment.start('write')]);
  await reached('completed');
  expect((await presentNames(job.mongo, job.mongo.job)).incarnationId).not.toBe(incarnationId);
  await job.isTrue();
}, 400_000);

const SIGNAL = new AbortController().signal;
