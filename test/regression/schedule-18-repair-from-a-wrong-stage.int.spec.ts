import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';

test('a row that was read again at a marker replaces what is on the stage, unless something newer is', async () => {
  await using bench = await actorBench();
  const owner = bench.owner();
  await owner.handle(bench.upsert('parents', [1], ['1', 'wrong']), bench.upsert('parents', [9], ['2', 'newer']));
  await bench.write();
  const repair = (id: number, name: string | null) => ({
    kind: 'repair' as const,
    table: bench.tableIndex('parents'),
    key: bench.key('parents', id),
    at: bench.upsert('parents', [5], ['1', '']).at,
    tuple: name === null ? null : bench.upsert('parents', [5], [String(id), name]).tuple,
    bytes: 1,
  });
  await owner.handle(repair(1, 'right'), repair(2, 'older'), repair(3, null));
  await bench.write();
  const names = async () => (await bench.documents('parents')).map(({ name }) => name);
  expect(await names()).toEqual(['right', 'newer']);

  await owner.handle(repair(1, null));
  await bench.write();
  expect(await names()).toEqual(['newer']);
});
