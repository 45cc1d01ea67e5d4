import { expect, test } from '@jest/globals';
import { IncarnationNames } from '#stage';
import { FenceMissing, type Store } from '#store';
import { waitFor } from '#testing';
import { FanOutTasks } from './fan-out.js';
import type { FanOut, Resolver } from './resolver.js';
import type { Toucher } from './toucher.js';

const NAMES = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });

const task: FanOut = { node: 1, image: { table: 0, key: 'k' } };

/** Records in memory; `removed` waits in the midst of a removal that is carried out already. */
function memory(removed: () => Promise<void>) {
  const records = new Map<string, Record<string, unknown>>();
  const remove = async (_from: unknown, ids: string[]) => {
    for (const id of ids) records.delete(id);
    await removed();
  };
  const byId = async (from: unknown, id: string) => (from === NAMES.fences ? { _id: id } : records.get(id));
  const patch = async (_in: unknown, id: string, { where, set }: { where: Record<string, unknown>; set: object }) => {
    const record = records.get(id);
    if (record === undefined || Object.keys(where).some((name) => record[name] !== where[name])) return undefined;
    records.set(id, { ...record, ...set });
    return records.get(id);
  };
  const insert = async (_into: unknown, docs: { _id: string }[]) =>
    docs.forEach((doc) => records.set(doc._id, { ...doc }));
  const range = async () => [...records.values()];
  const byField = async (_in: unknown, field: string, values: unknown[]) =>
    [...records.values()].filter((record) => values.includes(record[field]));
  const store = {
    read: { byId, byField, range },
    write: { patch, insert },
    transact: (_label: string, work: (tx: unknown) => Promise<unknown>) => work({ byId, insert, remove }),
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
  tasks = new FanOutTasks(store, NAMES, resolver, {} as Toucher, (error) => failures.push(error));
  await tasks.add(0, task);
  await waitFor(() => records.size === 0 && pages >= 2);
  expect({ pages, left: records.size, failures }).toEqual({ pages: 2, left: 0, failures: [] });
});

/** Pages 1 to 5; each page's touch is noted, and `asked` may ask for the task again in its midst. */
function swept(asked: (touches: number) => Promise<void> | undefined) {
  const touched: string[] = [];
  const pages = ['1', '2', '3', '4', '5'];
  const resolver = {
    pages: async function* (_task: FanOut, after: string | undefined) {
      for (const page of pages)
        if (after === undefined || page > after) yield { roots: [{ collection: 0, roots: [page] }], cursor: page };
    },
  } as unknown as Resolver;
  const toucher = {
    touch: async (_collection: number, [page]: string[]) => {
      touched.push(page as string);
      await asked(touched.length);
    },
  } as unknown as Toucher;
  return { touched, resolver, toucher };
}

test('a newer change at page 4 sends the sweep round, so that every page is touched after it', async () => {
  let tasks: FanOutTasks;
  const { touched, resolver, toucher } = swept((touches) => (touches === 4 ? tasks.add(0, task) : undefined));
  const { store, records } = memory(async () => undefined);
  tasks = new FanOutTasks(store, NAMES, resolver, toucher, (error) => Promise.reject(error));
  await tasks.add(0, task);
  await waitFor(() => records.size === 0);
  expect(touched.join(' ')).toBe('1 2 3 4 4 5 1 2 3');
});

test('changes that come faster than a sweep lasts do not keep any page from its turn', async () => {
  let tasks: FanOutTasks;
  const { touched, resolver, toucher } = swept((touches) =>
    touches % 2 === 0 && touches < 20 ? tasks.add(0, task) : undefined,
  );
  const { store, records } = memory(async () => undefined);
  tasks = new FanOutTasks(store, NAMES, resolver, toucher, (error) => Promise.reject(error));
  await tasks.add(0, task);
  await waitFor(() => records.size === 0);
  expect(new Set(touched.slice(0, 10))).toEqual(new Set(['1', '2', '3', '4', '5']));
});

test('another image of the row is swept after the one at work, which does not begin again', async () => {
  let tasks: FanOutTasks;
  const other: FanOut = { node: 1, image: { table: 0, key: 'k', k: { j0: 'x' } } };
  const { touched, resolver, toucher } = swept((touches) => (touches === 2 ? tasks.add(0, other) : undefined));
  const { store, records } = memory(async () => undefined);
  tasks = new FanOutTasks(store, NAMES, resolver, toucher, (error) => Promise.reject(error));
  await tasks.add(0, task);
  await waitFor(() => records.size === 0);
  expect(touched.join(' ')).toBe('1 2 2 3 4 5 1 2 3 4 5');
});

test('who waits for what was asked for is not held up by changes that never end', async () => {
  let tasks: FanOutTasks;
  let goesOn = true;
  const { touched, resolver, toucher } = swept(async (touches) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (goesOn && touches % 3 === 0) await tasks.add(0, task);
  });
  const { store, records } = memory(async () => undefined);
  tasks = new FanOutTasks(store, NAMES, resolver, toucher, (error) => Promise.reject(error));
  await tasks.add(0, task);
  await waitFor(() => touched.length >= 7);
  const before = touched.length;
  await tasks.settled(() => new Promise((resolve) => setImmediate(resolve)));
  expect(records.size).toBe(1);
  expect(new Set(touched.slice(before))).toEqual(new Set(['1', '2', '3', '4', '5']));
  goesOn = false;
  await waitFor(() => records.size === 0);
});

test('an image in line gets its turn, though the one at work is asked for again and again', async () => {
  let tasks: FanOutTasks;
  const other: FanOut = { node: 1, image: { table: 0, key: 'k', k: { j0: 'x' } } };
  const begun: FanOut[] = [];
  const { resolver, toucher } = swept((touches) =>
    touches % 3 === 0 && touches < 40 ? tasks.add(0, touches === 3 ? other : task) : undefined,
  );
  const pages = resolver.pages.bind(resolver);
  resolver.pages = (of, ...rest) => {
    begun.push(of);
    return pages(of, ...rest);
  };
  const { store, records } = memory(async () => undefined);
  tasks = new FanOutTasks(store, NAMES, resolver, toucher, (error) => Promise.reject(error));
  await tasks.add(0, task);
  await waitFor(() => records.size === 0);
  expect(begun.findIndex(({ image }) => image.k !== undefined)).toBeLessThan(4);
});

test('who slept until the job was gone leaves no task behind it', async () => {
  const { store, records } = memory(async () => undefined);
  const gone = {
    ...store,
    transact: (_: string, work: (tx: unknown) => Promise<unknown>) => work({ byId: async () => undefined }),
  };
  const tasks = new FanOutTasks(gone as unknown as Store, NAMES, {} as Resolver, {} as Toucher, () => undefined);
  await expect(tasks.add(0, task)).rejects.toThrow(FenceMissing);
  expect(records.size).toBe(0);
});

test('what a former owner of a partition left is taken up, and goes on from where it was', async () => {
  const { store, records } = memory(async () => undefined);
  let killed: FanOutTasks | undefined;
  const first = swept((touches) => (touches === 3 ? new Promise(() => killed?.stop()) : undefined));
  killed = new FanOutTasks(store, NAMES, first.resolver, first.toucher, () => undefined);
  await killed.add(1, task);
  await waitFor(() => first.touched.length === 3);
  const { touched, resolver, toucher } = swept(() => undefined);
  const next = new FanOutTasks(store, NAMES, resolver, toucher, () => undefined);
  await next.own([0]);
  expect(touched).toEqual([]);
  await next.own([0, 1]);
  await waitFor(() => records.size === 0);
  expect(touched).toEqual(['3', '4', '5']);
});
