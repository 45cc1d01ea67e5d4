import { expect, jest, test } from '@jest/globals';
import type { CollectionRef, StoreReader, StoreTransaction } from '#store';
import { type ActorBench, actorBench } from '../e2e/kit/actors.js';

/** Once rows of the stage were read for a document, in whichever way, `work` is done before what is read next. */
function afterFirstRead({ store }: ActorBench, work: () => Promise<void>): void {
  let isDone = false;
  const hooked = <R extends StoreReader>(reader: R): R => {
    const byIds = async (collection: CollectionRef, ...rest: unknown[]) => {
      const rows = await (reader.byIds as (...args: unknown[]) => Promise<unknown>)(collection, ...rest);
      if (collection.name.startsWith('stage') && !isDone) {
        isDone = true;
        await work();
      }
      return rows;
    };
    return new Proxy(reader, {
      get: (of, name) => {
        if (name === 'byIds') return byIds;
        const value: unknown = Reflect.get(of, name, of);
        return typeof value === 'function' ? value.bind(of) : value;
      },
    });
  };
  const transact = store.transact.bind(store);
  const read = hooked(store.read);
  Object.assign(store, {
    transact: (label: string, run: (tx: StoreTransaction) => Promise<unknown>, signal?: AbortSignal) =>
      transact(label, label === 'touches' ? (tx) => run(hooked(tx)) : run, signal),
  });
  Object.defineProperty(store, 'read', { value: read });
}

test('a document is of one moment: what is staged while its rows are read is in none of them', async () => {
  await using bench = await actorBench();
  const state = (n: number) => [
    bench.upsert('parents', [n, 0], ['1', `parent ${n}`]),
    bench.upsert('children', [n, 1], ['1', '1', `child ${n}`, 'big']),
  ];
  await bench.owner().handle(...state(1));
  let late: typeof bench.touches = [];
  afterFirstRead(bench, async () => {
    await bench.owner().handle(...state(2));
    late = bench.touches.splice(0);
  });
  await bench.writeOnce();
  const [before] = await bench.documents('parents');
  expect(before).toMatchObject({ name: 'parent 1', children: [{ v: 'child 1' }] });
  bench.touches.push(...late);
  await bench.write();
  expect((await bench.documents('parents'))[0]).toMatchObject({ name: 'parent 2', children: [{ v: 'child 2' }] });
});

test('a writer reads nothing older than the staging that a touch tells of', async () => {
  await using bench = await actorBench();
  await bench.owner().handle(bench.upsert('parents', [1], ['1', 'parent']));
  const told = bench.touches.map(({ after }) => after);
  const reach = jest.spyOn(bench.store, 'reach');
  await bench.write();
  expect(told.every((after) => after !== undefined)).toBe(true);
  expect(reach.mock.calls.map(([after]) => after)).toEqual(expect.arrayContaining(told));
});
