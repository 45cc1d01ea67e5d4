import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type JobLife, type Workshop, workshop } from './kit/job-life.js';
import { waitFor } from '#testing';
import { SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** What a command does to a job that is in no state for it, or not up to date. */

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop(SCHEMA);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

const phaseOf = async ({ run, file }: JobLife): Promise<string> =>
  ((await run('status', file, '--json')).json as [{ phase: string }])[0].phase;

test('a snapshot that is not to be completed, as its source went on, stays loaded', async () => {
  const life = await shop.newJob('mode: snapshot\n');
  expect(await life.run('run', life.file)).toMatchObject({ code: 0 });
  await shop.postgres.exec("UPDATE customers SET name = 'later' WHERE id = 1");
  expect(await life.run('complete', life.file)).toMatchObject({ code: 3 });
  expect(await phaseOf(life)).toBe('completed');
  expect(await life.run('run', life.file)).toMatchObject({ code: 0 });
  await life.end();
});

test('a load that an operator holds refuses what needs its documents, and goes on when it is let go', async () => {
  const life = await shop.newJob();
  await life.crash('chunk read', 'run', life.file);
  expect(await life.run('pause', life.file)).toMatchObject({ code: 0 });
  const refused = { code: 1, err: expect.stringContaining('JOB_PAUSED') };
  expect(await life.run('verify', life.file)).toMatchObject(refused);
  expect(await life.run('run', '--until-synced', life.file)).toMatchObject(refused);
  await using running = life.start('run', life.file);
  await waitFor(() => running.err.includes('paused'), SLOWLY);
  expect(await life.run('verify', life.file)).toMatchObject(refused);
  expect(await life.run('resume', life.file)).toMatchObject({ code: 0 });
  await waitFor(() => running.err.includes('following changes'), SLOWLY);
  await running.kill('SIGTERM');
  await life.sync();
  await life.end();
});

test('a job that was paused before its load began begins it when it is let go', async () => {
  const life = await shop.newJob();
  await life.crash('begin capture before', 'run', life.file);
  expect(await life.run('pause', life.file)).toMatchObject({ code: 0 });
  await using running = life.start('run', life.file);
  await waitFor(() => running.err.includes('paused'), SLOWLY);
  expect(await life.run('resume', life.file)).toMatchObject({ code: 0 });
  await waitFor(() => running.err.includes('following changes'), SLOWLY);
  await running.kill('SIGTERM');
  await life.sync();
  await life.end();
});

test('a replay of a job that does not run catches up first', async () => {
  const life = await shop.newJob();
  await shop.postgres.exec("INSERT INTO accounts VALUES (400, 'code 3', 1)");
  await life.sync();
  await shop.postgres.exec("UPDATE accounts SET code = 'code 400' WHERE id = 400");
  expect(await life.run('dead-letters', 'replay', life.file, '--all')).toMatchObject({ code: 0 });
  await life.verify();
  await life.end();
});

test('--drop-target drops nothing of a job that goes on, and says so', async () => {
  const life = await shop.newJob();
  await life.sync();
  const again = await life.run('run', '--until-synced', '--drop-target', life.file);
  expect(again).toMatchObject({ code: 0, err: expect.stringContaining('NOTHING_DROPPED') });
  await life.verify();
  await life.end();
});
