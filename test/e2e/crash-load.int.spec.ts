import { afterAll, beforeAll, describe, jest, test } from '@jest/globals';
import { type Workshop, workshop } from './kit/job-life.js';
import { changes, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

/**
 * The process is killed at a step of the load or of the building; the source changes before anybody runs the job again. The
 * next run makes every document what SQL says, and `verify` finds nothing.
 */

const STEPS = [
  'fences create after',
  'fences put after',
  'job put before',
  'job put after',
  'begin capture after',
  'job phase loading after',
  'chunks put after#2',
  'chunk rows#2',
  'rows committing#3',
  'rows committed#3',
  'chunks patch before#2',
  'chunks patch after#3',
  'job patch plannedTables before#3',
  'stage index after',
  'marker write after',
  'captured marker',
  'barrier committed',
  'append rows barrier after#2',
  'job phase building before',
  'job phase building after',
  'builds put after#2',
  'append touches build before',
  'touches committing#2',
  'touches committed#2',
  'builds patch before',
  'builds patch after#2',
  'job patch plannedCollections after',
  'job phase streaming before',
  'job phase streaming after',
];

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop(SCHEMA);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

describe('a process killed while it loads or builds leaves what the next run takes up', () => {
  test.each(STEPS.map((step, round) => [step, round + 1] as const))('at: %s', async (step, round) => {
    const life = await shop.newJob();
    await life.crash(step, 'run', '--until-synced', life.file);
    await shop.postgres.exec(changes(round));
    await life.sync();
    await life.verify();
    await life.end();
  });
});
