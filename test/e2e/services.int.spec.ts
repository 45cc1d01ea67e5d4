import { expect, test } from '@jest/globals';
import { testKafka, testMongo, testPostgres, waitFor } from '#testing';
import { Deployment } from './kit/services.js';
import { changes, envOf, expectShop, isShop, jobText, SCHEMA } from './kit/shop.js';

const SLOWLY = { timeoutMs: 120_000 };

test('two replicas of each service load a job, follow its changes, and stop cleanly', async () => {
  await using postgres = await testPostgres();
  await using mongo = await testMongo();
  const { brokers } = await testKafka();
  await postgres.exec(SCHEMA);
  await using deployment = await Deployment.of({
    brokers,
    mongoUri: mongo.uri,
    database: mongo.database,
    env: { ...envOf(postgres, mongo), MILLRACE_CHUNK_ROWS: '100' },
  });
  await Promise.all([deployment.start('ingest', 2), deployment.start('transform', 2), deployment.start('write', 2)]);
  await deployment.run(mongo.job, jobText(mongo.job, mongo.database));
  await waitFor(() => isShop(postgres, mongo.db), SLOWLY);
  for (let round = 1; round <= 5; round++) await postgres.exec(changes(round));
  await waitFor(() => isShop(postgres, mongo.db), SLOWLY);
  await expectShop(postgres, mongo.db);
  for (const replica of deployment.replicas) {
    expect(await (await fetch(`${replica.url}/health/live`)).json()).toEqual({ status: 'ok' });
    expect((await fetch(`${replica.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${replica.url}/metrics`)).text()).toContain('process_cpu_seconds_total');
  }
  const codes = await Promise.all(deployment.replicas.map((replica) => replica.stop()));
  expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
  expect(deployment.replicas.flatMap(({ errors }) => errors)).toEqual([]);
}, 300_000);
