import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { databases, leftOnSource, type Workshop, workshop } from './kit/job-life.js';
import { changes, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

/** The process is killed while it does something to the whole job: begins it anew, completes it, forgets it. */

let shop: Workshop;
let round = 0;
beforeAll(async () => {
  shop = await workshop(SCHEMA);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

describe('a process killed while it loads anew leaves what the next run takes up, without --fresh', () => {
  test.each([
    'job patch renewing after',
    'fences drop after',
    'drop capture after',
    'fences put after',
    'job put before',
    'job put after',
    'append touches former after',
    'stage drop after',
    'job phase streaming before',
  ])('at: %s', async (step) => {
    const life = await shop.newJob();
    await life.sync();
    await shop.postgres.exec(changes(++round));
    await life.crash(step, 'run', '--until-synced', '--fresh', life.file);
    await life.sync();
    await life.verify();
    await life.end();
  });

  test('though the target was dropped first', async () => {
    const life = await shop.newJob();
    await life.sync();
    await life.crash('target drop after', 'run', '--until-synced', '--fresh', '--drop-target', life.file);
    await life.sync();
    await life.end();
  });
});

describe('a process killed while it completes the job leaves what complete ends', () => {
  test.each(['job phase completing after', 'job phase completed after', 'drop capture after', 'state drop before'])(
    'at: %s',
    async (step) => {
      const life = await shop.newJob();
      await life.sync();
      await life.crash(step, 'complete', life.file);
      expect(await life.run('complete', life.file)).toMatchObject({ code: 0 });
      expect(await leftOnSource(shop, life)).toEqual([]);
      expect(await databases(shop)).not.toContain(`millrace_${life.job}`);
      expect(await life.db.collection('customers').countDocuments()).toBe(6);
      await life.end();
    },
  );
});

test.each(['begin capture after', 'drop capture after'])('reset forgets also what was killed at: %s', async (step) => {
  const life = await shop.newJob();
  if (step.startsWith('drop')) {
    await life.sync();
    await life.crash(step, 'reset', '--yes', life.file);
  } else {
    await life.crash(step, 'run', life.file);
  }
  expect(await life.run('reset', '--yes', life.file)).toMatchObject({ code: 0 });
  expect(await leftOnSource(shop, life)).toEqual([]);
  expect(await databases(shop)).not.toContain(`millrace_${life.job}`);
  await life.end();
});

test('a delete that was staged when its process was killed counts for a load anew', async () => {
  const life = await shop.newJob();
  await shop.postgres.exec("INSERT INTO customers VALUES (77, 'goes'); INSERT INTO accounts VALUES (77, 'goes', 1)");
  await life.sync();
  await shop.postgres.exec('DELETE FROM customers WHERE id = 77; DELETE FROM accounts WHERE id = 77');
  await life.crash('append rows changes after', 'run', '--until-synced', life.file);
  await life.crash('append touches change before', 'run', '--until-synced', life.file).catch(() => undefined);
  const { code } = await life.run('run', '--until-synced', '--fresh', life.file);
  expect(code).toBe(0);
  await life.sync();
  await life.end();
});
