import { expect, test } from '@jest/globals';
import { packTuple, type RowsRecord } from '#model';
import { actorBench } from '../e2e/kit/actors.js';

test('the insert half of a key change takes the missing column from the re-read alone, not from stage or load', async () => {
  await using bench = await actorBench();
  const owner = bench.owner();
  const big = 3;
  await owner.handle(
    bench.upsert('parents', [1], ['1', 'p']),
    bench.upsert('children', [1, 1], ['2', '1', 'old', 'of the former row 2']),
    bench.remove('children', [2], 2),
    bench.upsert('children', [3, 1], ['2', '1', 'new', null], { missing: [big], keyChanged: true }),
    bench.load('children', ['2', '1', 'old', 'of the former row 2']),
  );
  await bench.write();
  expect(await bench.documents('parents')).toEqual([]);
  const change = bench.upsert('children', [3, 1], ['2']);
  const fill = (since: string): RowsRecord => ({
    kind: 'fill',
    table: change.table,
    key: change.key,
    since,
    columns: [big],
    values: packTuple(['its own']),
    bytes: 1,
  });
  await owner.handle(fill(bench.upsert('children', [2], ['2']).at));
  await bench.write();
  expect(await bench.documents('parents')).toEqual([]);
  await owner.handle(fill(change.at));
  bench.crash();
  await bench.owner().handle(fill(change.at));
  await bench.write();
  expect(await bench.documents('parents')).toEqual([
    { _id: 1, name: 'p', children: [{ id: 2, v: 'new', big: 'its own' }] },
  ]);
});
