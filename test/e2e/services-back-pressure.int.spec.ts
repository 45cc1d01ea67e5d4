import { expect, test } from '@jest/globals';
import { testKafka, waitFor } from '#testing';
import { presentNames } from './kit/incarnation.js';
import { kafkaLog } from './kit/kafka-engine.js';
import { servicesJob } from './kit/services-job.js';

const ROWS = 30_000;
/** What may wait, and the chunks that were begun at that moment. */
const BOUND = 500 + 100;

test('a load is not read on while its rows wait, and goes on when they are staged', async () => {
  const { brokers } = await testKafka();
  await using here = await servicesJob({
    brokers,
    seed: 1,
    env: { MILLRACE_ROOTS_PER_BUILD_TASK: '5000' },
    oracle: {
      schema: `CREATE TABLE things (id int PRIMARY KEY); INSERT INTO things SELECT generate_series(1, ${ROWS});`,
      collections: 'things: { table: public.things }',
      truth: { things: `SELECT json_build_object('_id', oracle.i(id)) FROM things` },
    },
  });
  const { deployment, job, reached } = here;
  await deployment.start('ingest', 2);
  await deployment.run(job.mongo.job, job.text);
  await reached('loading');
  const log = kafkaLog(brokers);
  const topic = (await presentNames(job.mongo, job.mongo.job)).topic(job.mongo.job, 'rows');
  let before = -1;
  const waiting = await waitFor(
    async () => {
      const [now, last] = [await log.waiting(topic, 'transform'), before];
      before = now;
      return now > 400 && now === last ? now : undefined;
    },
    { timeoutMs: 60_000, everyMs: 2_000 },
  );
  await log.close();
  expect(waiting).toBeLessThan(BOUND);
  await Promise.all([deployment.start('transform'), deployment.start('write')]);
  await reached('streaming');
  await job.isTrue();
}, 180_000);
