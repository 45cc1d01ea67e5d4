import { expect, test } from '@jest/globals';
import { FENCES, ROWS, World } from './world.js';

const MADE = { database: 'state', name: 'made' } as const;

test('a collection that two transactions make is made by the first to commit; the other runs again', async () => {
  const world = await World.make();
  const [store, other] = [world.open('a'), world.open('b')];
  let runs = 0;
  const late = store.transact('late', async (tx) => {
    await tx.insert(MADE, [{ _id: `late ${++runs}` }]);
    if (runs === 1) await other.transact('first', (first) => first.insert(MADE, [{ _id: 'first' }]));
  });
  await world.done(late);
  const made = world.mongo.committed('millrace_job', MADE.name);
  expect(made).toEqual([{ _id: 'first' }, { _id: 'late 2' }]);
});

test('a collection that was dropped after the snapshot is empty in it', async () => {
  const world = await World.make();
  const [store, other] = [world.open('a'), world.open('b')];
  const found = store.transact('late', async (tx) => {
    await tx.byId(FENCES, 'p0');
    await other.drop(ROWS);
    return tx.byId(ROWS, 'sum');
  });
  expect(await world.done(found)).toBeUndefined();
});

test('a collection that was made anew after the snapshot conflicts with it', async () => {
  const world = await World.make();
  const [store, other] = [world.open('a'), world.open('b')];
  let runs = 0;
  const late = store.transact('late', async (tx) => {
    await tx.byId(FENCES, 'p0');
    if (++runs === 1) {
      await other.drop(ROWS);
      await other.createCollection(ROWS);
    }
    return tx.byId(ROWS, 'sum');
  });
  expect(await world.done(late)).toBeUndefined();
  expect(runs).toBe(2);
});
