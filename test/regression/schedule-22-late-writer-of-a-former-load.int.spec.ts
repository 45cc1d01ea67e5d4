import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('owners of a former load, whose stage is still there, stage and write nothing once its fences are gone', async () => {
  await using bench = await actorBench();
  const late = bench.owner();
  await late.handle(bench.upsert('parents', [1], ['1', 'built']));
  await bench.write();
  await late.handle(bench.upsert('parents', [2], ['1', 'late']));
  await bench.store.drop(bench.names.fences);

  await expect(bench.write()).rejects.toMatchObject({ name: 'FenceMissing' });
  await expect(late.handle(bench.upsert('parents', [3], ['1', 'later']))).rejects.toMatchObject({
    name: 'FenceMissing',
  });
  expect(await bench.documents('parents')).toEqual([{ _id: 1, name: 'built', children: [] }]);
});
