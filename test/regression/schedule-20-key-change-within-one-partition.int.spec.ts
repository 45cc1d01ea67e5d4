import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('a key change whose halves meet in one partition loses neither, delivered once or again', async () => {
  await using bench = await actorBench();
  await bench.owner().handle(bench.upsert('parents', [1], ['1', 'p']));
  await bench.write();
  const halves = [bench.remove('parents', [2, 0], 1), bench.upsert('parents', [2, 1], ['2', 'p'])];
  for (const delivery of [halves, halves, halves.slice(1)]) {
    await bench.owner().handle(...delivery);
    await bench.write();
    expect(await bench.documents('parents')).toEqual([{ _id: 2, name: 'p', children: [] }]);
  }
});
