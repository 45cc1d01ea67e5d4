import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type JobLife, type Workshop, workshop } from './kit/job-life.js';
import { changes, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

/** The process is killed at a step of following changes; the next run makes every document what SQL says. */

const STEPS = [
  'captured upsert#3',
  'append rows changes before',
  'rows committing',
  'rows: fences patch after',
  'rows committed',
  'append touches change before#3',
  'touches: claims put after',
  'touches: target remove after',
  'touches committing',
  'touches committed',
  'touches committed#3',
  'append touches change after#3',
  'append rows changes after',
  'confirm before',
  'confirm after',
];

const REREAD_STEPS = [
  'rows: rereads put after',
  'reader open before',
  'append rows fill before',
  'append rows fill after',
  'rereads committing',
  'rereads committed',
];

const WIPE_STEPS = [
  'append rows truncate before',
  'wipe committing',
  'wipe committed',
  'wipe committed#3',
  'append rows truncate after',
];

let shop: Workshop;
let life: JobLife;
let round = 0;
beforeAll(async () => {
  shop = await workshop(SCHEMA);
  life = await shop.newJob();
  await life.sync();
});
afterAll(async () => {
  await life.end();
  await shop[Symbol.asyncDispose]();
});

const followed = async (step: string, sql: string): Promise<void> => {
  await shop.postgres.exec(sql);
  await life.crash(step, 'run', '--until-synced', life.file);
  await life.sync();
  await life.verify();
};

describe('a process killed while it follows changes leaves what the next run takes up', () => {
  test.each(STEPS)('at: %s', (step) => followed(step, changes(++round)));

  test.each(REREAD_STEPS)('while it reads unchanged large columns again, at: %s', async (step) => {
    const id = 1_000 + ++round;
    await shop.postgres.exec(`INSERT INTO orders VALUES (${id}, 1, 'open', repeat('r', 3000) || ${id})`);
    await followed(step, `UPDATE orders SET id = ${id + 1_000} WHERE id = ${id}`);
  });

  test.each(WIPE_STEPS)('while it wipes a truncated table, at: %s', (step) =>
    followed(
      step,
      `${changes(++round)}
       TRUNCATE order_lines;
       INSERT INTO order_lines SELECT o, 7, 1 + o % 5, ${round} FROM generate_series(2, 30) o;`,
    ),
  );

  test.each(['touches: letters put after', 'touches committed', 'confirm before'])(
    'while it writes a dead letter, at: %s',
    async (step) => {
      await shop.postgres.exec("INSERT INTO accounts VALUES (500, 'code 3', 1)");
      await life.crash(step, 'run', '--until-synced', life.file);
      await life.sync();
      await life.verify({ deadLetters: 1 });
      const { json } = await life.run('dead-letters', 'list', life.file, '--json');
      expect(json).toEqual([
        [expect.objectContaining({ collection: 'accounts', key: { id: '500' }, code: 'ID_TAKEN' })],
      ]);
      await followed('touches: letters remove after', 'DELETE FROM accounts WHERE id = 500');
    },
  );
});
