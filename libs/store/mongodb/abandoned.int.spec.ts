import { expect, test } from '@jest/globals';
import { testMongo } from '#testing';
import { openMongoStore } from './open-mongo-store.js';

test('a transaction that a killed process of the same name left open holds nobody up, and another name is left alone', async () => {
  await using mongo = await testMongo();
  const names = { uri: mongo.uri, stateDatabase: `millrace_${mongo.job}`, targetDatabase: mongo.database };
  const open = (appName: string) => openMongoStore({ ...names, appName });
  const [killed, stranger, next] = await Promise.all([open('millrace a'), open('millrace b'), open('millrace a')]);
  const collection = { database: 'target', name: 'c' } as const;
  await next.write.put(collection, [{ _id: 1 }, { _id: 2 }]);
  const hold = (store: typeof killed, _id: number) =>
    new Promise<{ ended: Promise<unknown>; go: () => void }>((holding) => {
      let go = (): void => {};
      const gone = new Promise<void>((resolve) => {
        go = resolve;
      });
      let attempts = 0;
      const ended = store.transact('held', async (tx) => {
        await tx.put(collection, [{ _id, by: ++attempts }]);
        holding({ ended, go });
        await gone;
        return attempts;
      });
    });
  const [left, kept] = await Promise.all([hold(killed, 1), hold(stranger, 2)]);
  await next.endAbandoned(60_000);
  await next.endAbandoned();
  await next.write.put(collection, [{ _id: 1, by: 'next' }]);
  left.go();
  kept.go();
  expect([await left.ended, await kept.ended]).toEqual([2, 1]);
  await Promise.all([killed.close(), stranger.close(), next.close()]);
});
