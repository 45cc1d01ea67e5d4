import { expect, test } from '@jest/globals';
import { type ActorBench, actorBench, dies } from '../e2e/kit/actors.js';

const begun = async (bench: ActorBench): Promise<void> => {
  await bench
    .owner()
    .handle(
      bench.upsert('parents', [1], ['1', 'a']),
      bench.upsert('parents', [1, 1], ['2', 'b']),
      bench.upsert('children', [1, 2], ['7', '1', 'v', null]),
    );
  await bench.write();
};
const inBoth = (a: object[], b: object[]) => [
  { _id: 1, name: 'a', children: a },
  { _id: 2, name: 'b', children: b },
];
const child = { id: 7, v: 'v', big: null };

test('a child whose move was staged, and whose touches were lost with the process, leaves its former parent', async () => {
  await using bench = await actorBench();
  await begun(bench);
  const move = bench.upsert('children', [2], ['7', '2', 'v', null]);
  await bench.owner().handle(move);
  bench.crash();
  await bench.owner().handle(move);
  await bench.write();
  expect(await bench.documents('parents')).toEqual(inBoth([], [child]));
});

test('two moves with a crash after each leave the child in the last place alone', async () => {
  await using bench = await actorBench();
  await begun(bench);
  const there = bench.upsert('children', [2], ['7', '2', 'v', null]);
  const back = bench.upsert('children', [3], ['7', '1', 'v', null]);
  await expect(bench.owner(dies('rows committed')).handle(there)).rejects.toThrow('the process died');
  await expect(bench.owner(dies('rows committed')).handle(there, back)).rejects.toThrow('the process died');
  bench.crash();
  await bench.owner().handle(there, back);
  await bench.write();
  expect(await bench.documents('parents')).toEqual(inBoth([child], []));
});

test('redelivery of everything, any number of times, by any owner, changes nothing', async () => {
  await using bench = await actorBench();
  const all = [
    bench.upsert('parents', [1], ['1', 'a']),
    bench.upsert('parents', [1, 1], ['2', 'b']),
    bench.upsert('children', [2], ['7', '1', 'v', null]),
    bench.upsert('children', [3], ['7', '2', 'v', null]),
    bench.remove('parents', [4], 1),
  ];
  await bench.owner().handle(...all);
  await bench.write();
  const after = await bench.documents('parents');
  expect(after).toEqual([{ _id: 2, name: 'b', children: [child] }]);
  for (let from = 0; from < all.length; from++) {
    await bench.owner().handle(...all.slice(from));
    await bench.write();
    expect(await bench.documents('parents')).toEqual(after);
  }
});
