import { test } from '@jest/globals';
import { startKafka, startRedis } from '#servers';
import { asTestMongo, startReplicaSet, testPostgres } from '#testing';
import { servicesJob } from './kit/services-job.js';
import { Writers } from './random-changes.writers.js';

/**
 * Each server is killed under the services, and a MongoDB of three members loses its primary again and again: the services go
 * on by themselves, nothing is lost, no document goes back. MILLRACE_TEST_SEED replays the statements.
 */

const SEED = Number(process.env['MILLRACE_TEST_SEED'] ?? 1 + Math.floor(Math.random() * 1e6));

test(`Kafka, PostgreSQL, Redis and the primary of MongoDB are killed (seed ${SEED})`, async () => {
  await using set = await startReplicaSet();
  await using kafka = await startKafka();
  await using redis = await startRedis();
  const pg = await testPostgres({ dedicated: true });
  await using here = await servicesJob({
    brokers: kafka.uri.split(','),
    redisUri: redis.uri,
    seed: SEED,
    oracle: { servers: { pg, mongo: asTestMongo(set) } },
  });
  const { deployment, job, writers, reader, reached } = here;
  await Promise.all((['ingest', 'transform', 'write', 'dead-letter'] as const).map((name) => deployment.start(name)));
  await deployment.run(job.mongo.job, job.text);
  await reached('loading');
  await Promise.all([set.killPrimary().then((dead) => dead.restart()), writers.go(50)]);
  await reached('streaming');
  reader.start();
  await here.settled();

  await Promise.all([writers.go(200), kafka.kill()]);
  await kafka.restart();
  await here.settled();

  await Promise.all([writers.go(200), set.killPrimary().then((dead) => dead.restart())]);
  await here.settled();

  await Promise.all([writers.go(100), redis.kill()]);
  await pg.server.kill();
  await pg.server.restart();
  await redis.restart();
  {
    await using again = await Writers.connect(pg.uri, SEED + 1);
    await again.go(200);
  }
  await here.settled();
  await reader.stop();
}, 300_000);
