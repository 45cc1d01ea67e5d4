import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Lease } from '../../libs/job/lease.js';
import { openMongoStore } from '#store/mongodb';
import { waitFor } from '#testing';
import { setTimeout as delay } from 'node:timers/promises';
import { databases, type JobLife, leftOnSource, type Workshop, workshop } from './kit/job-life.js';
import { isShop, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** Commands that meet one another, a signal, or a job in a state that is rare. */

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop(SCHEMA);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

/** The lease of a job, held by this very test as another process would. */
async function leaseOf({ job }: JobLife) {
  const names = { stateDatabase: `millrace_${job}`, targetDatabase: job, appName: 'test' };
  const store = await openMongoStore({ uri: shop.mongo.uri, ...names });
  const wait = async (ms: number): Promise<void> => void (await delay(ms));
  const lease = new Lease(store, { now: () => Date.now(), wait });
  return {
    store,
    lease,
    async [Symbol.asyncDispose]() {
      await lease.release();
      await store.close();
    },
  };
}

test('a run that waited while the job was forgotten does not load over its documents', async () => {
  const life = await shop.newJob();
  await life.sync();
  await using held = await leaseOf(life);
  await held.lease.acquire(1_000, () => undefined, new AbortController().signal);
  await using waiting = life.start('run', '--until-synced', life.file);
  await delay(4_000); // Its preflight, which found the job as it was, is over; nothing tells of that.
  await held.store.dropState();
  const { code } = await waiting.ended;
  expect({ code, err: waiting.err }).toEqual({ code: 4, err: expect.stringContaining('TARGET_NOT_EMPTY') });
  await shop.postgres.exec(`SELECT pg_drop_replication_slot('millrace_${life.job}_1')`);
  await shop.postgres.exec(`DROP PUBLICATION millrace_${life.job}_1`);
  await life.db.dropDatabase();
});

test('two commands on a job that does not run are both carried out', async () => {
  const life = await shop.newJob();
  await life.sync();
  const both = await Promise.all([1, 2, 3].map(() => life.run('verify', life.file)));
  expect(both.map(({ code, err }) => (code === 0 ? code : err))).toEqual([0, 0, 0]);
  await life.end();
});

test.each([
  ['replay', ['dead-letters', 'replay', '--all', '--json']],
  ['complete', ['complete', '--json']],
  ['verify', ['verify', '--json']],
])('a signal during %s of a job that does not run says that it was stopped', async (_name, args) => {
  const life = await shop.newJob();
  await life.sync();
  await using command = life.start(...args, life.file);
  await shop.postgres.exec("UPDATE customers SET name = name || '.'");
  await waitFor(
    async () =>
      (
        await shop.postgres.query('SELECT 1 FROM pg_replication_slots WHERE active AND slot_name = $1', [
          `millrace_${life.job}_1`,
        ])
      ).length > 0,
    SLOWLY,
  );
  command.child.kill('SIGTERM');
  const { code } = await command.ended;
  expect({ code, out: command.out }).toEqual({ code: 1, out: expect.stringContaining('"INTERRUPTED"') });
  await life.end();
});

test('complete of a job that runs has removed what it says is removed', async () => {
  const life = await shop.newJob();
  await using running = life.start('run', life.file);
  await waitFor(() => running.err.includes('following changes'), SLOWLY);
  expect(await life.run('complete', life.file)).toMatchObject({ code: 0 });
  expect(await leftOnSource(shop, life)).toEqual([]);
  expect(await databases(shop)).not.toContain(`millrace_${life.job}`);
  expect(await running.ended).toMatchObject({ code: 0 });
  await life.db.dropDatabase();
});

test('a snapshot with a document that cannot be written is not done under onError: stop, however often it is run', async () => {
  const life = await shop.newJob('mode: snapshot\nonError: stop\n');
  await shop.postgres.exec("INSERT INTO accounts VALUES (500, 'code 3', 1)");
  const stopped = { code: 1, err: expect.stringContaining('STOPPED_BY_ERROR') };
  expect(await life.run('run', life.file)).toMatchObject(stopped);
  expect(await life.run('run', life.file)).toMatchObject(stopped);
  await shop.postgres.exec('DELETE FROM accounts WHERE id = 500');
  expect(await life.run('run', '--fresh', life.file)).toMatchObject({ code: 0 });
  expect(await life.run('pause', life.file)).toMatchObject({
    code: 1,
    err: expect.stringContaining('NOTHING_TO_HOLD'),
  });
  await life.end();
});

test('a letter that was replayed shows its row and document, and may be replayed again when it is gone', async () => {
  const life = await shop.newJob();
  await life.sync();
  await shop.postgres.exec("INSERT INTO accounts VALUES (600, 'code 600', 1)");
  await life.sync();
  await shop.postgres.exec("UPDATE accounts SET code = 'code 4' WHERE id = 600");
  await life.run('run', '--until-synced', life.file);
  const [[letter]] = (await life.run('dead-letters', 'list', life.file, '--json')).json as [[{ id: string }]];
  const { json } = await life.run('dead-letters', 'show', letter.id, life.file, '--json');
  expect(json).toMatchObject([{ code: 'ID_TAKEN', row: { id: '600', code: 'code 4' } }]);
  expect(json).toEqual([expect.objectContaining({ document: null })]);
  expect(await life.run('dead-letters', 'replay', life.file, '--id', letter.id)).toMatchObject({ code: 1 });
  await shop.postgres.exec("UPDATE accounts SET code = 'code 601' WHERE id = 600");
  await life.sync();
  expect(await life.run('dead-letters', 'replay', life.file, '--id', letter.id)).toMatchObject({ code: 0 });
  await shop.postgres.exec('DELETE FROM accounts WHERE id = 600');
  await life.end();
});

test('a unique index of the user is told of, and a value that moves between documents stops no job that stops on errors', async () => {
  const life = await shop.newJob('onError: stop\n');
  await life.sync();
  await life.db.collection('accounts').createIndex({ v: 1 }, { unique: true, name: 'mine' });
  const { json } = await life.run('check', life.file, '--json');
  const told = { severity: 'warning', code: 'UNIQUE_INDEX_ON_TARGET', message: expect.stringContaining('mine') };
  expect(json).toMatchObject([{ findings: expect.arrayContaining([expect.objectContaining(told)]) }]);
  await using running = life.start('run', life.file);
  await waitFor(() => running.err.includes('following changes'), SLOWLY);
  // One of the two that take over a value comes before the one that leaves it, in whichever order they are written.
  await shop.postgres.exec('UPDATE accounts SET v = CASE id WHEN 5 THEN 105 ELSE 5 END WHERE id IN (5, 6)');
  await shop.postgres.exec('UPDATE accounts SET v = CASE id WHEN 8 THEN 108 ELSE 8 END WHERE id IN (7, 8)');
  await waitFor(() => isShop(shop.postgres, life.db), SLOWLY);
  expect(running.child.exitCode).toBeNull();
  await running.kill('SIGTERM');
  await life.sync();
  await life.end();
});
