import { expect, test } from '@jest/globals';
import { actorBench, dies } from '../e2e/kit/actors.js';

const empty = [{ _id: 1, name: 'p', children: [] }];

test('rows that the load read before a TRUNCATE, and that arrive after it, are dropped', async () => {
  await using bench = await actorBench({ loading: true });
  const owner = bench.owner();
  await owner.handle(bench.truncate('children', [5]), bench.load('children', ['1', '1', 'late', null]));
  expect(await bench.store.read.range(bench.names.stage(bench.tableIndex('children')), {}, { limit: 9 })).toEqual([]);
});

test.each([
  ['wipe committed', 1],
  ['wipe committing', 2],
  ['wipe committed', 2],
] as const)('a TRUNCATE whose process died (%s, time %i) is whole when it is delivered again', async (step, nth) => {
  await using bench = await actorBench();
  await bench
    .owner()
    .handle(
      bench.upsert('parents', [1], ['1', 'p']),
      bench.upsert('children', [1, 1], ['1', '1', 'x', null]),
      bench.upsert('children', [1, 2], ['2', '1', 'y', null]),
    );
  await bench.write();
  await expect(bench.owner(dies(step, nth)).handle(bench.truncate('children', [2]))).rejects.toThrow(
    'the process died',
  );
  bench.crash();
  const again = bench.owner().handle(bench.truncate('children', [2]));
  await delivered(bench, again);
  expect(await bench.documents('parents')).toEqual(empty);
});

test('a TRUNCATE of a root table whose process died before it touched takes the documents away when it is delivered again', async () => {
  await using bench = await actorBench();
  await bench.owner().handle(bench.upsert('parents', [1], ['1', 'p']), bench.upsert('parents', [1, 1], ['2', 'q']));
  await bench.write();
  await expect(bench.owner(dies('wipe committed', 2)).handle(bench.truncate('parents', [2]))).rejects.toThrow(
    'the process died',
  );
  bench.crash();
  await delivered(bench, bench.owner().handle(bench.truncate('parents', [2])));
  expect(await bench.documents('parents')).toEqual([]);
});

test('a former owner that stages rows from before the TRUNCATE again brings none of them back', async () => {
  await using bench = await actorBench();
  const before = bench.upsert('children', [1, 1], ['1', '1', 'x', null]);
  const owner = bench.owner();
  await owner.handle(bench.upsert('parents', [1], ['1', 'p']), before);
  await bench.write();
  await delivered(bench, owner.handle(bench.truncate('children', [2])));
  await bench.owner().handle(before);
  await bench.write();
  expect(await bench.documents('parents')).toEqual(empty);
});

/** A wipe waits for its touches, page by page. */
async function delivered(bench: { write(): Promise<void> }, work: Promise<void>): Promise<void> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    await bench.write();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  await bench.write();
}
