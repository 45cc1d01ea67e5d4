import { expect, test } from '@jest/globals';
import { testKafka } from '#testing';
import { oracleJob } from '../oracle/index.js';
import { kafkaLog } from './kit/kafka-engine.js';
import { MonotonyReader } from './random-changes.monotony.js';
import { COLLECTIONS, SCHEMA, TRUTH } from './random-changes.schema.js';
import { Writers } from './random-changes.writers.js';

/**
 * Any changes at all over Kafka, where an append is durable long before it has an effect: before, during and after the load,
 * across stops and through a load anew. MILLRACE_TEST_SEED replays the statements.
 */

const SEED = Number(process.env['MILLRACE_TEST_SEED'] ?? 1 + Math.floor(Math.random() * 1e6));

test(`random changes over Kafka, of seed ${SEED}, end in equal documents that never went back`, async () => {
  const { brokers } = await testKafka();
  await using job = await oracleJob({
    schema: SCHEMA,
    collections: COLLECTIONS,
    truth: TRUTH,
    tuning: { chunkRows: 20 },
    parts: { makeLog: () => kafkaLog(brokers) },
  });
  await using writers = await Writers.connect(job.pg.uri, SEED);
  await using reader = new MonotonyReader(job.mongo.db, ['roots', 'looks', 'atoms']);
  await writers.go(40);
  await Promise.all([job.load(), writers.go(200)]);
  reader.start();
  await writers.go(200);
  await job.isTrue();
  await Promise.all([job.stop(), writers.go(100)]);
  await Promise.all([job.load(), writers.go(200)]);
  await job.isTrue();
  await reader.stop();
  expect(reader.backwards).toEqual([]);
  expect(reader.reads).toBeGreaterThan(2);
  await job.stop();
  await writers.go(40);
  await job.load({ fresh: true });
  await job.isTrue();
}, 300_000);
