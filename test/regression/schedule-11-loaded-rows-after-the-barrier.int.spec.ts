import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('a chunk that is read again after the barrier takes nothing back and adds nothing', async () => {
  await using bench = await actorBench({ loading: true });
  const owner = bench.owner();
  await owner.handle(bench.load('parents', ['1', 'loaded']), bench.upsert('parents', [3], ['1', 'captured']));
  await owner.handle({ kind: 'barrier', bytes: 1 });
  await bench.owner().handle(bench.load('parents', ['1', 'from the future'], ['2', 'from the future']));
  const staged = await bench.store.read.range(bench.names.stage(bench.tableIndex('parents')), {}, { limit: 9 });
  expect(staged.map(({ c }) => c)).toEqual(['1\tcaptured']);
});
