import { expect, test } from '@jest/globals';
import { openMongoStore } from '#store/mongodb';
import { testMongo } from '#testing';
import { type Trouble, Troubles } from './troubles.js';

async function kept() {
  const mongo = await testMongo();
  const { uri, database } = mongo;
  const store = await openMongoStore({ uri, stateDatabase: database, targetDatabase: database, appName: 'test' });
  const clock = { ms: 0 };
  return {
    clock,
    troubles: new Troubles(store, () => new Date(clock.ms)),
    count: () => mongo.db.collection('troubles').countDocuments(),
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await mongo[Symbol.asyncDispose]();
    },
  };
}

const trouble = (job: string, process: string, message = 'away'): Trouble => ({
  job,
  service: 'write',
  process,
  message,
  since: new Date(0),
});

test('of each process the last trouble of a job is kept, until it is over', async () => {
  await using here = await kept();
  const { troubles } = here;
  for (const process of ['a', 'b']) await troubles.keep(trouble('shop', process));
  await troubles.keep(trouble('shop', 'a', 'far away'));
  await troubles.keep(trouble('shop2', 'a', "another job's"));
  expect(await troubles.of('shop')).toMatchObject([trouble('shop', 'a', 'far away'), trouble('shop', 'b')]);
  await troubles.over(trouble('shop', 'a'));
  expect(await troubles.of('shop')).toMatchObject([trouble('shop', 'b')]);
  await troubles.over(trouble('shop', 'nobody'));
});

test('trouble of a process that renews it no more is gone, and is swept away later', async () => {
  await using here = await kept();
  const { troubles, clock } = here;
  for (const process of ['a', 'b']) await troubles.keep(trouble('shop', process));
  clock.ms = 29_000;
  await troubles.keep(trouble('shop', 'b'));
  expect(await troubles.of('shop')).toHaveLength(2);
  clock.ms = 31_000;
  expect(await troubles.of('shop')).toMatchObject([trouble('shop', 'b')]);
  await troubles.sweep('shop');
  expect(await here.count()).toBe(2);
  clock.ms = 10 * 60_000 + 1;
  await troubles.sweep('shop');
  expect(await here.count()).toBe(1);
});

test('a job that is forgotten has no troubles any more, and others keep theirs', async () => {
  await using here = await kept();
  const { troubles } = here;
  for (const job of ['shop', 'shop_2', 'sho']) await troubles.keep(trouble(job, 'a'));
  await troubles.forget('shop');
  expect(await troubles.of('shop')).toEqual([]);
  expect(await here.count()).toBe(2);
  await troubles.forget('shop');
});
