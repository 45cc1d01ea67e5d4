import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

const swapped = [
  { _id: 'a', id: 2, v: 'two' },
  { _id: 'b', id: 1, v: 'one' },
];

test.each([
  ['first', [0, 1]],
  ['last', [1, 0]],
])('roots that swap their _ids both keep a document, whichever is written %s', async (_, order) => {
  await using bench = await actorBench();
  const owner = bench.owner();
  await owner.handle(
    bench.upsert('accounts', [1], ['1', 'a', 'one']),
    bench.upsert('accounts', [1, 1], ['2', 'b', 'two']),
  );
  await bench.write();
  await owner.handle(
    bench.upsert('accounts', [2], ['1', 'b', 'one']),
    bench.upsert('accounts', [2, 1], ['2', 'a', 'two']),
  );
  const roots = bench.touches.splice(0).flatMap(({ roots: of }) => of);
  expect(roots).toHaveLength(2);
  for (const at of order) {
    bench.touches.push({ collection: 1, roots: [roots[at] as string], origin: 'change', bytes: 1 });
    await bench.write();
  }
  expect(await bench.documents('accounts')).toEqual(swapped);
});

test('a root that leaves its _id does not take away the document of the one that has it now', async () => {
  await using bench = await actorBench();
  const owner = bench.owner();
  await owner.handle(bench.upsert('accounts', [1], ['1', 'a', 'one']));
  await bench.write();
  await owner.handle(bench.remove('accounts', [2], 1), bench.upsert('accounts', [2, 1], ['3', 'a', 'three']));
  bench.touches.length = 0;
  for (const id of [3, 1, 3, 1]) {
    bench.touches.push({ collection: 1, roots: [bench.key('accounts', id)], origin: 'change', bytes: 1 });
    await bench.write();
  }
  expect(await bench.documents('accounts')).toEqual([{ _id: 'a', id: 3, v: 'three' }]);
});

test('a root that waits for an _id gets it also where a higher one took it over from an owner that had left it', async () => {
  await using bench = await actorBench();
  const owner = bench.owner();
  await owner.handle(
    bench.upsert('accounts', [1], ['1', 'a', 'one']),
    bench.upsert('accounts', [1, 1], ['2', 'a', 'two']),
  );
  await bench.write();
  await owner.handle(
    bench.upsert('accounts', [2], ['1', 'b', 'one']),
    bench.upsert('accounts', [2, 1], ['3', 'a', 'three']),
  );
  bench.touches.length = 0;
  for (const id of [3, 1]) {
    bench.touches.push({ collection: 1, roots: [bench.key('accounts', id)], origin: 'change', bytes: 1 });
    await bench.write();
  }
  expect(await bench.documents('accounts')).toEqual([
    { _id: 'a', id: 2, v: 'two' },
    { _id: 'b', id: 1, v: 'one' },
  ]);
});
