import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('a batch that begins with an old repeat is folded onto the staged row, not by itself', async () => {
  await using bench = await actorBench();
  const v6 = bench.upsert('children', [6], ['1', '1', 'v6', 'big of v6']);
  await bench
    .owner()
    .handle(
      bench.upsert('parents', [1], ['1', 'p']),
      v6,
      bench.upsert('children', [19], ['1', '1', 'v19', 'big of v19']),
    );
  await bench.write();
  const changes = [v6, bench.upsert('children', [20], ['1', '1', 'v20', null], { missing: [3] })];
  await bench.owner().handle({ kind: 'changes', changes, bytes: 1 });
  await bench.write();
  expect(await bench.documents('parents')).toEqual([
    { _id: 1, name: 'p', children: [{ id: 1, v: 'v20', big: 'big of v19' }] },
  ]);
});
