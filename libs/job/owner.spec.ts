import { expect, test } from '@jest/globals';
import { RowsOwner } from './owner.js';

test('who owns partitions takes up the fan-outs that a former owner has left there late', async () => {
  const taken: (readonly number[])[] = [];
  const trimmed: number[] = [];
  const river = {
    rows: { own: () => undefined, trim: async (partition: number) => trimmed.push(partition) },
    fanOut: { own: async (partitions: readonly number[]) => taken.push(partitions) },
  } as unknown as ConstructorParameters<typeof RowsOwner>[0];
  const owner = new RowsOwner(river, (error) => {
    throw error;
  });
  owner.own([1, 2]);
  await owner.ready();
  await owner.lookAfter(new AbortController().signal);
  expect({ taken, trimmed }).toEqual({
    taken: [
      [1, 2],
      [1, 2],
    ],
    trimmed: [1, 2],
  });
});
