import { expect, test } from '@jest/globals';
import { JOB, JOB_ID } from '#stage';
import { actorBench } from '../e2e/kit/actors.js';

test('a captured change writes no document while its other rows may still be on their way from the load', async () => {
  await using bench = await actorBench({ loading: true });
  const owner = bench.owner();
  await owner.handle(bench.upsert('parents', [1], ['1', 'p']), bench.load('children', ['7', '1', 'half', null]));
  await bench.write();
  const touch = { collection: 0, roots: [bench.key('parents', 1)], bytes: 1 };
  bench.touches.push({ ...touch, origin: 'change' });
  await bench.write();
  expect(await bench.documents('parents')).toEqual([]);

  await owner.handle(bench.load('children', ['8', '1', 'other half', null]));
  await bench.store.write.patch(JOB, JOB_ID, { set: { loading: false } });
  bench.touches.push({ ...touch, origin: 'build' });
  await bench.write();
  const children = [
    { id: 7, v: 'half', big: null },
    { id: 8, v: 'other half', big: null },
  ];
  expect(await bench.documents('parents')).toEqual([{ _id: 1, name: 'p', children }]);
});
