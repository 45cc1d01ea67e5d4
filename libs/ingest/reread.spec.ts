import { expect, test } from '@jest/globals';
import { packTuple } from '#model';
import { IncarnationNames } from '#stage';
import { Reread } from './reread.js';

const REQUEST = { _id: '0:NA1', table: 0, key: 'NA1', columns: [1], since: 'p1', transaction: '7' };
const TABLE = { index: 0, key: [0], columns: [{}, {}] };

/** One request; its transaction is finished in the third snapshot. What was done, in its order. */
async function round(): Promise<string[]> {
  const done: string[] = [];
  let looked = 0;
  const source = {
    visibility: async () => {
      const isFinished = ++looked === 3;
      done.push(isFinished ? 'visible' : 'not visible');
      return { finished: () => isFinished };
    },
    openReader: async () => ({
      matching: async () => {
        done.push('read');
        return { keys: ['NA1'], tuples: [packTuple(['1', 'large'])] };
      },
      close: async () => undefined,
    }),
  };
  const markers = {
    write: async (appendAll: () => readonly Promise<void>[]) => {
      done.push('marker written');
      await undefined;
      done.push('marker back');
      await Promise.all(appendAll());
    },
  };
  const store = { read: { range: async () => [REQUEST] }, write: { remove: async () => undefined } };
  const transact = async (_: string, work: (tx: unknown) => Promise<unknown>) =>
    work({ byIds: async () => [REQUEST], remove: async () => undefined });
  const packer = {
    appendRow: async () => {
      done.push('appended');
    },
  };
  const reread = new Reread(
    { tables: [TABLE] } as never,
    new IncarnationNames({ incarnation: 1, incarnationId: 'a' }),
    source as never,
    { ...store, transact } as never,
    markers as never,
    packer as never,
  );
  await reread.round(async () => undefined);
  return done;
}

test('columns are read again once their change is visible, and stand where a marker written after the reading came back', async () => {
  const order = ['not visible', 'not visible', 'visible', 'read', 'marker written', 'marker back', 'appended'];
  expect(await round()).toEqual(order);
});
