import { afterAll, beforeAll, describe, jest, test } from '@jest/globals';
import { type JobLife, type Workshop, workshop } from './kit/job-life.js';
import { SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

/** A row that very many documents show is changed, and the process is killed while it goes through them page by page. */

const MANY = `${SCHEMA}
INSERT INTO orders SELECT i, 2, 'open', 'small' FROM generate_series(1001, 7200) i;`;

let shop: Workshop;
let life: JobLife;
let round = 0;
beforeAll(async () => {
  shop = await workshop(MANY);
  life = await shop.newJob();
  await life.sync();
});
afterAll(async () => {
  await life.end();
  await shop[Symbol.asyncDispose]();
});

describe('a process killed while it touches the roots of a look-up row is followed by one that touches them all', () => {
  test.each([
    'tasks insert after',
    'rows committed',
    'append touches change after#2',
    'tasks patch after',
    'tasks patch after#5',
    'fan-out committing',
    'fan-out committed',
  ])('at: %s', async (step) => {
    await shop.postgres.exec(`UPDATE customers SET name = 'round ${++round}' WHERE id = 2`);
    await life.crash(step, 'run', '--until-synced', life.file);
    await life.sync();
  });

  test('and a newer change of the row meets the sweep of the older in its midst', async () => {
    await shop.postgres.exec(`UPDATE customers SET name = 'round ${++round}' WHERE id = 2`);
    await life.crash('tasks patch after#3', 'run', '--until-synced', life.file);
    await shop.postgres.exec(`UPDATE customers SET name = 'round ${++round}' WHERE id = 2`);
    await life.crash('tasks patch after#3', 'run', '--until-synced', life.file);
    await life.sync();
    await life.verify();
  });
});
