import { expect, test } from '@jest/globals';
import { actorBench, gate } from '../e2e/kit/actors.js';

test.each(['rows: stage insert before', 'rows: stage insert after', 'rows committing'])(
  'a change is applied onto the loaded row that a former owner (held at: %s) stages in its midst',
  async (step) => {
    await using bench = await actorBench();
    const loaded = bench.load('parents', ['1', 'loaded']);
    const { at, reached, open } = gate(step);
    const former = bench.owner(at).handle(loaded);
    await reached;
    const owner = bench.owner().handle(loaded, bench.upsert('parents', [2], ['1', 'changed']));
    open();
    await Promise.all([former, owner]);
    await bench.write();
    expect(await bench.documents('parents')).toEqual([{ _id: 1, name: 'changed', children: [] }]);
  },
);

test('a duplicate on the stage means: look, and apply the change onto what is there', async () => {
  await using bench = await actorBench();
  await bench.owner().handle(bench.upsert('parents', [3], ['1', 'newer']), bench.load('parents', ['2', 'loaded']));
  await bench.owner().handle(bench.load('parents', ['1', 'older'], ['2', 'loaded'], ['3', 'third'], ['4', 'fourth']));
  await bench
    .owner()
    .handle(
      bench.upsert('parents', [4], ['2', 'changed']),
      bench.upsert('parents', [4, 1], ['3', 'x']),
      bench.upsert('parents', [2], ['4', 'a repeat']),
    );
  await bench.write();
  expect((await bench.documents('parents')).map(({ name }) => name)).toEqual(['newer', 'changed', 'x', 'fourth']);
});
