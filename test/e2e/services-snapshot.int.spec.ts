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

const killHolder = async ({ deployment }: ServicesJob): Promise<void> => {
  const holder = await waitFor(() => deployment.of('ingest').find(runs), SLOWLY);
  await holder.kill();
};

/** As a pooler, a router or an administrator does to sessions that stand still for long. */
const endItsSession = async ({ job }: ServicesJob): Promise<void> => {
  const ended = await waitFor(async () => {
    const sessions = await job.pg.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction' AND (query LIKE '%pg_export_snapshot%' OR query = 'SELECT 1')",
    );
    return sessions.length > 0;
  }, SLOWLY);
  expect(ended).toBe(true);
};

test.each([
  ['the process that holds the snapshot is killed', killHolder],
  ['the session that holds the snapshot is ended', endItsSession],
])(
  'where %s it is loaded anew',
  async (_, end) => {
    await using here = await snapshotJob();
    const { deployment, job, reached } = here;
    await deployment.start('ingest', 2);
    await deployment.run(job.mongo.job, job.text);
    await reached('loading');
    const { incarnationId } = await presentNames(job.mongo, job.mongo.job);
    await job.pg.exec('UPDATE things SET size = size + 1');
    await end(here);
    const isAnew = async () => (await presentNames(job.mongo, job.mongo.job)).incarnationId !== incarnationId;
    await waitFor(isAnew, SLOWLY);
    await Promise.all([deployment.start('transform'), deployment.start('write')]);
    await reached('completed');
    await job.isTrue();
  },
  400_000,
);

const SIGNAL = new AbortController().signal;
