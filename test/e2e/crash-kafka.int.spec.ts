import { afterAll, beforeAll, describe, jest, test } from '@jest/globals';
import { testKafka } from '#testing';
import { type JobLife, type Workshop, workshop } from './kit/job-life.js';
import { changes, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

/**
 * Over Kafka, where what was appended outlives the process that did: it is killed at a step, and what it had not completed is
 * handed out again, to the next run, in which every document becomes what SQL says.
 */

const LOADING = [
  'chunks put after#2',
  'rows committed#3',
  'chunks patch after#3',
  'append rows barrier after#2',
  'barrier committed',
  'job phase building before',
  'append touches build after',
  'touches committed#2',
  'builds patch after#2',
  'job phase streaming before',
];

const STREAMING = [
  'append rows changes after',
  'rows committing',
  'rows committed',
  'append touches change before#3',
  'append touches change after#3',
  'touches committing',
  'touches committed',
  'confirm after',
];

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop(SCHEMA, { brokers: (await testKafka()).brokers });
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

describe('over Kafka, a process killed while it loads or builds leaves what the next run takes up', () => {
  test.each(LOADING.map((step, round) => [step, round + 1] as const))(
    'at: %s',
    async (step, round) => {
      const life = await shop.newJob();
      await life.crash(step, 'run', '--until-synced', life.file);
      await shop.postgres.exec(changes(round));
      await life.sync();
      await life.verify();
      await life.end();
    },
    300_000,
  );
});

describe('over Kafka, a process killed while it follows changes leaves what the next run takes up', () => {
  let life: JobLife;
  beforeAll(async () => {
    life = await shop.newJob();
    await life.sync();
  }, 300_000);
  afterAll(() => life.end());

  test.each(STREAMING.map((step, round) => [step, 100 + round] as const))(
    'at: %s',
    async (step, round) => {
      await shop.postgres.exec(changes(round));
      await life.crash(step, 'run', '--until-synced', life.file);
      await life.sync();
      await life.verify();
    },
    300_000,
  );
});
