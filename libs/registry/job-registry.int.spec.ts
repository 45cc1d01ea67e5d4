import { expect, test } from '@jest/globals';
import { openMongoStore } from '#store/mongodb';
import { testMongo } from '#testing';
import { type Asked, goesOnWith, JobRegistry, shouldRun } from './job-registry.js';

async function registry() {
  const mongo = await testMongo();
  const store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase: mongo.database,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  let now = 0;
  return {
    jobs: new JobRegistry(store, () => new Date(now)),
    pass: (ms: number) => (now += ms),
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await mongo[Symbol.asyncDispose]();
    },
  };
}

const REFUSED = { kind: 'refused', error: null } as const;
const FILE = { text: 'job: shop', fileName: 'shop.yaml' };

test('a job is made once: the same file again is the same job, another one is refused', async () => {
  await using here = await registry();
  await here.jobs.create('shop', FILE, 'ada');
  expect(await here.jobs.create('shop', FILE, 'bob')).toMatchObject({ createdBy: 'ada' });
  await expect(here.jobs.create('shop', { ...FILE, text: 'job: shop2' }, 'bob')).rejects.toMatchObject({
    code: 'JOB_EXISTS',
  });
});

test('a job runs when it is asked to, until it has ended or is asked to stop', async () => {
  await using here = await registry();
  const made = await here.jobs.create('shop', FILE, 'ada');
  expect(shouldRun(made)).toBe(false);
  const asked = await here.jobs.run('shop', { fresh: true });
  expect(shouldRun(asked)).toBe(true);
  await here.jobs.end('shop', asked, REFUSED);
  expect(shouldRun(await here.jobs.get('shop'))).toBe(false);
  expect(shouldRun(await here.jobs.run('shop'))).toBe(true);
  expect(shouldRun(await here.jobs.stop('shop'))).toBe(false);
});

test('a load anew is begun once, and only for the asking that it is of', async () => {
  await using here = await registry();
  await here.jobs.create('shop', FILE, 'ada');
  await here.jobs.run('shop', { fresh: true });
  const second = await here.jobs.run('shop', { fresh: true });
  await here.jobs.begun('shop', 1);
  expect((await here.jobs.get('shop')).asked.fresh).toBe(true);
  await here.jobs.begun('shop', second.asked.number);
  expect((await here.jobs.get('shop')).asked.fresh).toBe(false);
});

test('a load anew that is asked for while a run fails is begun, and what that run did as well has ended with it', async () => {
  await using here = await registry();
  await here.jobs.create('shop', FILE, 'ada');
  const asked = await here.jobs.run('shop');
  await here.jobs.run('shop');
  await here.jobs.end('shop', asked, REFUSED);
  expect(shouldRun(await here.jobs.get('shop'))).toBe(false);
  const again = await here.jobs.run('shop');
  await here.jobs.run('shop', { fresh: true });
  await here.jobs.end('shop', again, REFUSED);
  expect(shouldRun(await here.jobs.get('shop'))).toBe(true);
});

test('a run that was refused ends what is asked with no more force, and of the same file', async () => {
  await using here = await registry();
  await here.jobs.create('shop', FILE, 'ada');
  const asked = await here.jobs.run('shop', { force: ['TABLE_WITHOUT_KEY'] });
  await here.jobs.run('shop');
  await here.jobs.end('shop', asked, REFUSED);
  expect(shouldRun(await here.jobs.get('shop'))).toBe(false);
  const weak = await here.jobs.run('shop');
  await here.jobs.run('shop', { force: ['TABLE_WITHOUT_KEY'] });
  await here.jobs.end('shop', weak, REFUSED);
  expect(shouldRun(await here.jobs.get('shop'))).toBe(true);
  const former = await here.jobs.run('shop');
  await here.jobs.replaceFile('shop', { ...FILE, text: 'job: shop # mended' });
  await here.jobs.run('shop');
  await here.jobs.end('shop', former, REFUSED);
  expect(shouldRun(await here.jobs.get('shop'))).toBe(true);
});

test('a list that was lost does not count again through the numbers that records of jobs keep', async () => {
  await using here = await registry();
  const { asked: first } = await here.jobs.create('shop', FILE, 'ada');
  const { asked: last } = await here.jobs.run('shop');
  await here.jobs.remove('shop');
  here.pass(1_000);
  const { asked: again } = await here.jobs.create('shop', FILE, 'ada');
  expect(first.number).toBeLessThan(last.number);
  expect(last.number).toBeLessThan(again.number);
});

test('what is completed stays so: a failure that comes to light later is not put in its place', async () => {
  await using here = await registry();
  await here.jobs.create('shop', FILE, 'ada');
  const asked = await here.jobs.run('shop');
  await here.jobs.end('shop', asked, { kind: 'completed', error: null });
  await here.jobs.end('shop', asked, REFUSED);
  expect(await here.jobs.get('shop')).toMatchObject({ ended: { kind: 'completed', number: asked.asked.number } });
});

test('a load anew that is asked for while the job is completed is begun, and completed comes in the place of a failure', async () => {
  await using here = await registry();
  await here.jobs.create('shop', FILE, 'ada');
  const asked = await here.jobs.run('shop');
  await here.jobs.end('shop', asked, REFUSED);
  await here.jobs.end('shop', asked, { kind: 'completed', error: null });
  expect(await here.jobs.get('shop')).toMatchObject({ ended: { kind: 'completed', number: asked.asked.number } });
  await here.jobs.run('shop', { fresh: true });
  await here.jobs.end('shop', asked, { kind: 'completed', error: null });
  expect(shouldRun(await here.jobs.get('shop'))).toBe(true);
});

test('a run goes on with what is asked since, unless that is a stop or a load anew', () => {
  const taken: Asked = { number: 3, wanted: 'running', fresh: true, dropTarget: false, force: [] };
  const now = (asked: Partial<Asked>) => goesOnWith(taken, { asked: { ...taken, ...asked } });
  expect(now({})).toBe(true);
  expect(now({ number: 4, fresh: false })).toBe(true);
  expect(now({ number: 4 })).toBe(false);
  expect(now({ number: 4, wanted: 'stopped' })).toBe(false);
  // Looked at before it was taken.
  expect(now({ number: 2, wanted: 'stopped' })).toBe(true);
});

test('a job that is not there is an error that names it', async () => {
  await using here = await registry();
  await expect(here.jobs.get('nobody')).rejects.toMatchObject({ code: 'JOB_NOT_REGISTERED' });
  await expect(here.jobs.run('nobody')).rejects.toMatchObject({ code: 'JOB_NOT_REGISTERED' });
});
