import { expect, test } from '@jest/globals';
import { actorBench, gate } from '../e2e/kit/actors.js';

test.each(['rows: stage insert before', 'rows: stage insert after', 'rows committing'])(
  'a former owner that was paused (%s) with an insert brings back nothing that was deleted meanwhile',
  async (step) => {
    await using bench = await actorBench();
    const insert = bench.upsert('parents', [1], ['1', 'gone']);
    const { at, reached, open } = gate(step);
    const paused = bench.owner(at).handle(insert);
    await reached;
    const owner = bench.owner();
    const going = owner.handle(insert, bench.remove('parents', [2], 1));
    open();
    await Promise.all([paused, going]);
    await bench.write();
    expect(await bench.documents('parents')).toEqual([]);
    await bench.owner().handle(insert);
    await bench.write();
    expect(await bench.documents('parents')).toEqual([]);
  },
);
