import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('a root that loses its _id to a lower key is a dead letter at once, though the process dies before it is tried again', async () => {
  await using bench = await actorBench();
  await bench.owner().handle(bench.upsert('accounts', [1], ['5', 'a', 'five']));
  await bench.write();
  await bench.owner().handle(bench.upsert('accounts', [2], ['3', 'a', 'three']));
  const [touch] = bench.touches.splice(0);
  bench.touches.push({ ...touch, collection: 1, roots: [bench.key('accounts', 3)], origin: 'change', bytes: 1 });
  const letters = async () =>
    (await bench.store.read.range(bench.names.letters, {}, { limit: 9 })).map(({ root }) => root);
  await bench.writeOnce();
  bench.crash();
  expect(await bench.documents('accounts')).toEqual([{ _id: 'a', id: 3, v: 'three' }]);
  expect(await letters()).toEqual([bench.key('accounts', 5)]);
  await bench.owner().handle(bench.remove('accounts', [3], 3));
  await bench.write();
  expect(await bench.documents('accounts')).toEqual([{ _id: 'a', id: 5, v: 'five' }]);
  expect(await letters()).toEqual([]);
});
