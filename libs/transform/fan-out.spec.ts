import { expect, test } from '@jest/globals';
import { IncarnationNames } from '#stage';
import type { Store } from '#store';
import { FanOutTasks } from './fan-out.js';
import type { FanOut, Resolver } from './resolver.js';
import type { Toucher } from './toucher.js';

const task: FanOut = { node: 1, image: { table: 0, key: 'k' } };

/** Records in memory; `removed` waits in the midst of a removal that is carried out already. */
function memory(removed: () => Promise<void>) {
  const records = new Map<string, Record<string, unknown>>();
  const remove = async (_from: unknown, ids: string[]) => {
    for (const id of ids) records.delete(id);
    await removed();
  };
  const byId = async (_from: unknown, id: string) => records.get(id);
  const patch = async (_in: unknown, id: string, { set }: { set: object }) =>
    records.has(id) ? records.set(id, { ...records.get(id), ...set }).get(id) : undefined;
  const insert = async (_into: unknown, docs: { _id: string }[]) =>
    docs.forEach((doc) => records.set(doc._id, { ...doc }));
  const range = async () => [...records.values()];
  const store = {
    read: { byId, range },
    write: { patch, insert },
    transact: (_label: string, work: (tx: unknown) => Promise<unknown>) => work({ byId, remove }),
  } as unknown as Store;
  return { store, records };
}

test('a task that is asked for while the one before it is being removed runs all the same', async () => {
  let pages = 0;
  let tasks: FanOutTasks;
  let askedAgain: Promise<void> | undefined;
  const { store, records } = memory(async () => {
    askedAgain ??= tasks.add(0, task);
    await askedAgain;
  });
  const resolver = {
    pages: async function* () {
      pages++;
      yield { roots: [], cursor: undefined };
    },
  } as unknown as Resolver;
  const failures: unknown[] = [];
  tasks = new FanOutTasks(store, new IncarnationNames(1), resolver, {} as Toucher, (error) => failures.push(error));
  await tasks.add(0, task);
  while (!(await tasks.idle())) await new Promise((resolve) => setImmediate(resolve));
  expect({ pages, left: records.size, failures }).toEqual({ pages: 2, left: 0, failures: [] });
});
