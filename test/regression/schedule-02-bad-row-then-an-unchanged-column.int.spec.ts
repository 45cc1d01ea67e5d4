import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('a row that could not be mapped keeps its large column for the change that mends it and does not have it', async () => {
  await using bench = await actorBench();
  const owner = bench.owner();
  await owner.handle(bench.upsert('events', [4], ['1', '2024-01-04 00:00:00+00', 'big of 4']));
  await bench.write();
  await owner.handle(bench.upsert('events', [5], ['1', 'infinity', 'big of 5']));
  await bench.write();
  expect(await bench.documents('events')).toEqual([{ _id: 1, at: new Date('2024-01-04'), big: 'big of 4' }]);
  expect(await bench.store.read.range(bench.names.letters, {}, { limit: 9 })).toHaveLength(1);

  await owner.handle(bench.upsert('events', [6], ['1', '2024-01-06 00:00:00+00', null], { missing: [2] }));
  await bench.write();
  expect(await bench.documents('events')).toEqual([{ _id: 1, at: new Date('2024-01-06'), big: 'big of 5' }]);
  expect(await bench.store.read.range(bench.names.letters, {}, { limit: 9 })).toEqual([]);
});
