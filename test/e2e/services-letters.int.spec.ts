import { test } from '@jest/globals';
import { startRedis } from '#servers';
import { testKafka, waitFor } from '#testing';
import { presentNames } from './kit/incarnation.js';
import { servicesJob } from './kit/services-job.js';

/** Dead letters are tried again by the dead-letter service; Redis only schedules, and may lose everything. */

const SCHEMA =
  'CREATE TABLE things (id int PRIMARY KEY, size int); INSERT INTO things SELECT i, i FROM generate_series(1, 50) i;';
const COLLECTIONS = `
things:
  table: public.things
`;
const TRUTH = {
  things: `SELECT json_build_object('_id', oracle.i(id), 'size', oracle.i(size)) FROM things`,
};
const SLOWLY = { timeoutMs: 120_000, everyMs: 200 };

test('a letter is tried again until its document can be written, also when Redis is killed and has lost everything', async () => {
  const { brokers } = await testKafka();
  await using redis = await startRedis();
  await using here = await servicesJob({
    brokers,
    redisUri: redis.uri,
    seed: 1,
    oracle: { schema: SCHEMA, collections: COLLECTIONS, truth: TRUTH },
  });
  const { deployment, job, reached } = here;
  await job.mongo.db.createCollection('things', { validator: { size: { $lt: 46 } } });
  await Promise.all([
    deployment.start('ingest'),
    deployment.start('transform'),
    deployment.start('write'),
    deployment.start('dead-letter', 2),
  ]);
  await deployment.run(job.mongo.job, job.text);
  await reached('streaming');
  const letters = async () => (await job.commands.listLetters()).length;
  await waitFor(async () => (await letters()) === 5, SLOWLY);
  const attempts = async () => Math.min(...(await job.commands.listLetters()).map((letter) => letter.attempts));
  await waitFor(async () => (await attempts()) >= 2, SLOWLY);
  // So that there is something to lose: the queue has what is due in the next seconds.
  const { letters: records } = await presentNames(job.mongo, job.mongo.job);
  const state = job.mongo.client.db(`millrace_${job.mongo.job}`);
  const areQueued = async () => {
    const all = await state.collection<{ nextAt: Date }>(records.name).find().toArray();
    return all.every(({ nextAt }) => nextAt.getTime() > Date.now() + 500 && nextAt.getTime() < Date.now() + 3_000);
  };
  await waitFor(areQueued, { ...SLOWLY, everyMs: 50 });
  await redis.kill();
  await job.mongo.db.command({ collMod: 'things', validator: {} });
  await redis.restart();
  await waitFor(async () => (await letters()) === 0, SLOWLY);
  await job.isTrue();
  const [replica] = deployment.of('dead-letter');
  await waitFor(async () => {
    const text = await (await fetch(`${replica?.url}/metrics`)).text();
    return /^millrace_dead_letters\{.*code="TARGET_VALIDATION".*\} 0$/m.test(text);
  }, SLOWLY);
}, 600_000);
