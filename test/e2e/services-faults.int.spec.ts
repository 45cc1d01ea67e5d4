import { expect, test } from '@jest/globals';
import type { ServiceName } from '#config';
import { testKafka, waitFor } from '#testing';
import { type ServicesJob, servicesJob } from './kit/services-job.js';
import type { Replica } from './kit/services.js';

const SLOWLY = { timeoutMs: 120_000 };

/**
 * Services lose replicas, get more and fewer, and are stopped for longer than their sessions, under random changes. After
 * each nothing is lost: the documents are what SQL says, and none went back. MILLRACE_TEST_SEED replays the statements.
 */

const SEED = Number(process.env['MILLRACE_TEST_SEED'] ?? 1 + Math.floor(Math.random() * 1e6));
const RIVER = ['ingest', 'transform', 'write'] as const satisfies readonly ServiceName[];

async function startEach({ deployment }: ServicesJob, replicas: number): Promise<void> {
  await Promise.all(RIVER.map((service) => deployment.start(service, replicas)));
}

const oneOfEach = ({ deployment }: ServicesJob): Replica[] =>
  RIVER.map((service) => deployment.of(service)[0] as Replica);

test(`a replica of each service is killed in every phase (seed ${SEED})`, async () => {
  const { brokers } = await testKafka();
  await using here = await servicesJob({ brokers, seed: SEED });
  const { deployment, job, writers, reader, reached } = here;
  await startEach(here, 2);
  await deployment.run(job.mongo.job, job.text);
  await reached('loading');
  await Promise.all([...oneOfEach(here).map((replica) => replica.kill()), writers.go(100)]);
  await startEach(here, 1);
  await reached('streaming');
  reader.start();
  await here.settled();
  await Promise.all([...oneOfEach(here).map((replica) => replica.kill()), writers.go(200)]);
  await startEach(here, 1);
  await writers.go(100);
  await here.settled();
  await reader.stop();
  await deployment.jobs.run(job.mongo.job, { fresh: true });
  await reached('building');
  await Promise.all([...oneOfEach(here).map((replica) => replica.kill()), writers.go(100)]);
  await startEach(here, 1);
  await reached('streaming');
  await here.settled();
}, 300_000);

test(`replicas that were stopped for longer than their sessions go on as former owners (seed ${SEED})`, async () => {
  const { brokers } = await testKafka();
  await using here = await servicesJob({ brokers, seed: SEED });
  const { deployment, job, writers, reader, reached } = here;
  await startEach(here, 2);
  await deployment.run(job.mongo.job, job.text);
  await reached('streaming');
  reader.start();
  await here.settled();
  const stopped = oneOfEach(here);
  await Promise.all([
    writers.go(300),
    ...stopped.map(async (replica) => {
      replica.signal('SIGSTOP');
    }),
  ]);
  // Their partitions are others' now, and the lease is another ingest's.
  await here.settled();
  for (const replica of stopped) replica.signal('SIGCONT');
  await writers.go(200);
  await here.settled();
  await reader.stop();
}, 300_000);

test(`services get more replicas and fewer while they load and stream (seed ${SEED})`, async () => {
  const { brokers } = await testKafka();
  await using here = await servicesJob({ brokers, seed: SEED });
  const { deployment, job, writers, reader, reached } = here;
  await startEach(here, 1);
  await deployment.run(job.mongo.job, job.text);
  await reached('loading');
  await Promise.all([startEach(here, 1), writers.go(100)]);
  await reached('streaming');
  reader.start();
  await Promise.all([writers.go(200), ...oneOfEach(here).map((replica) => replica.stop())]);
  await here.settled();
  await reader.stop();
  const left = deployment.replicas.filter(({ child }) => child.exitCode === null);
  expect(left).toHaveLength(RIVER.length);
  await waitFor(() => left.every(({ errors }) => errors.length === 0), SLOWLY);
}, 300_000);
