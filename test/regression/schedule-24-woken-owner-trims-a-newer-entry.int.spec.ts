import { expect, test } from '@jest/globals';
import type { RowsRecord } from '#model';
import type { RowsFence } from '#stage';
import { type ActorBench, actorBench } from '../e2e/kit/actors.js';

const move = (bench: ActorBench, at: number, to: string) => bench.upsert('children', [at], ['7', to, 'v', null]);
const children = async (bench: ActorBench): Promise<number[][]> =>
  (await bench.documents('parents')).map((parent) => (parent['children'] as { id: number }[]).map(({ id }) => id));
const former = async (bench: ActorBench): Promise<number> =>
  (await bench.store.read.byId<RowsFence>(bench.names.fences, bench.names.rowsFence(0)))?.former.length ?? -1;

test('an entry of the same former place, made by a newer move, outlives the trimming of a woken former owner', async () => {
  await using bench = await actorBench();
  const woken = bench.owner();
  await woken.handle(bench.upsert('parents', [1], ['1', 'a']), bench.upsert('parents', [1, 1], ['2', 'b']));
  await woken.handle(move(bench, 2, '1'));
  await bench.write();
  await woken.handle(move(bench, 3, '2'));
  await bench.write();
  expect(await former(bench)).toBe(1);

  const owner = bench.owner();
  await owner.handle(move(bench, 4, '1'));
  await bench.write();
  await owner.handle(move(bench, 5, '2'));
  bench.crash();
  await woken.handle(move(bench, 3, '2'));
  bench.crash();
  expect(await former(bench)).toBe(1);

  await bench.owner().handle(move(bench, 5, '2'));
  await bench.write();
  expect(await children(bench)).toEqual([[], [7]]);
});

test('a fill that is delivered again changes nothing, and touches', async () => {
  await using bench = await actorBench();
  const change = bench.upsert('events', [2], ['1', '2024-01-01 00:00:00+00', null], { missing: [2] });
  const fill: RowsRecord = {
    kind: 'fill',
    table: bench.tableIndex('events'),
    key: bench.key('events', 1),
    since: change.at,
    columns: [2],
    values: bench.upsert('events', [2], ['read again']).tuple,
    bytes: 1,
  };
  await bench.owner().handle(change);
  await bench.write();
  expect(await bench.documents('events')).toEqual([]);
  await bench.owner().handle(fill);
  bench.crash();
  await bench.owner().handle(fill);
  await bench.write();
  expect(await bench.documents('events')).toEqual([{ _id: 1, at: new Date('2024-01-01'), big: 'read again' }]);
});
