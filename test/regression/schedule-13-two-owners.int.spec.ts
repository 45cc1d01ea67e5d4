import { expect, test } from '@jest/globals';
import { actorBench, gate } from '../e2e/kit/actors.js';

test.each(['rows: stage insert before', 'rows committing', 'rows committed'])(
  'two owners of a partition, one held (%s) while the other goes on, end with what the source says',
  async (step) => {
    await using bench = await actorBench();
    const first = [bench.upsert('parents', [1], ['1', 'p']), bench.upsert('children', [1, 1], ['7', '1', 'one', null])];
    const second = bench.upsert('children', [2], ['7', '1', 'two', null]);
    const { at, reached, open } = gate(step);
    const held = bench.owner(at).handle(...first);
    await reached;
    const other = bench.owner().handle(...first, second);
    open();
    await Promise.all([held, other]);
    await bench.write();
    const children = [{ id: 7, v: 'two', big: null }];
    expect(await bench.documents('parents')).toEqual([{ _id: 1, name: 'p', children }]);
  },
);
