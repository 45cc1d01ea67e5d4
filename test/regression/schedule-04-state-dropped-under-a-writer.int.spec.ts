import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('a writer that wakes after the job was completed writes and deletes nothing', async () => {
  await using bench = await actorBench();
  const owner = bench.owner();
  await owner.handle(bench.upsert('parents', [1], ['1', 'kept']));
  await bench.write();
  await bench.store.dropState();
  bench.touches.push({ collection: 0, roots: [bench.key('parents', 1)], origin: 'change', bytes: 1 });
  await expect(bench.write()).rejects.toMatchObject({ name: 'FenceMissing' });
  await expect(owner.handle(bench.remove('parents', [2], 1))).rejects.toMatchObject({ name: 'FenceMissing' });
  expect(await bench.documents('parents')).toEqual([{ _id: 1, name: 'kept', children: [] }]);
});
