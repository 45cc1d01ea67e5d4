import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('an _id that is taken over from a root that left it goes to the lowest of those who wait, before that root is touched', async () => {
  await using bench = await actorBench();
  const stage = (at: number, id: string, code: string) =>
    bench.owner().handle(bench.upsert('accounts', [at], [id, code, `v${at}`]));
  for (const [at, id] of [
    [1, '2'],
    [2, '3'],
  ] as const) {
    await stage(at, id, 'a');
    await bench.write();
  }
  await stage(3, '2', 'b');
  const touchesOfTwo = bench.touches.splice(0);
  await stage(4, '4', 'a');
  await bench.write();
  expect(await bench.documents('accounts')).toEqual([{ _id: 'a', id: 3, v: 'v2' }]);
  const letters = await bench.store.read.range(bench.names.letters, {}, { limit: 9 });
  expect(letters.map(({ root }) => root)).toEqual([bench.key('accounts', 4)]);
  bench.touches.push(...touchesOfTwo);
  await bench.write();
  expect(await bench.documents('accounts')).toEqual([
    { _id: 'a', id: 3, v: 'v2' },
    { _id: 'b', id: 2, v: 'v3' },
  ]);
});
