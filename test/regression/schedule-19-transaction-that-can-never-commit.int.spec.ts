import { expect, test } from '@jest/globals';
import { TransactionTooLarge } from '#store';
import { actorBench } from '../e2e/kit/actors.js';

test('a batch that MongoDB cannot commit at its size is halved until it can, in order', async () => {
  await using bench = await actorBench();
  let rows = 0;
  const committed: number[] = [];
  const owner = bench.owner((step) => {
    if (step === 'rows: stage insert before' || step === 'rows: stage replace before') rows++;
    if (step !== 'rows committing') return;
    const size = rows;
    rows = 0;
    if (committed.push(size) <= 3) throw new TransactionTooLarge('aborted by a limit, again and again');
  });
  await owner.handle(
    bench.load('parents', ['1', 'one'], ['2', 'two'], ['3', 'three'], ['4', 'four']),
    bench.upsert('parents', [1], ['2', 'changed']),
    bench.upsert('parents', [2], ['2', 'changed again']),
    bench.remove('parents', [3], 4),
  );
  await bench.write();
  expect(committed.length).toBeGreaterThan(4);
  expect((await bench.documents('parents')).map(({ name }) => name)).toEqual(['changed again']);
});
