import { describe, expect, test } from '@jest/globals';
import { add, type Counted, FENCES, firstOf, ROWS, World } from './world.js';

describe('a commit without an answer', () => {
  test.each(['lost', 'unanswered'] as const)(
    'is asked for again, and the work is not run again (%s)',
    async (fault) => {
      const world = await World.make({ faultOf: firstOf('store commit add', fault, 2) });
      let runs = 0;
      const adding = world.open('a').transact('add', async (tx) => {
        runs++;
        await add(tx);
      });
      await world.done(adding);
      expect([runs, world.sum]).toEqual([1, 1]);
    },
  );

  test.each([
    ['and is rolled back by a fail-over: the work runs again', 0, 2],
    ['and outlives a fail-over: the work does not run again', 1, 1],
  ])('%s', async (_title, kept, expected) => {
    const world = await World.make({ faultOf: firstOf('store commit add', 'unanswered') });
    let runs = 0;
    const adding = world.open('a').transact('add', async (tx) => {
      runs++;
      await add(tx);
    });
    await world.until('a → store commit add (unanswered)');
    world.mongo.failOver({ kept, unnoticed: false });
    expect(world.sum).toBe(0);
    await world.done(adding);
    expect([runs, world.sum]).toEqual([expected, 1]);
  });
});

describe('a fail-over', () => {
  test('rolls back what was not acknowledged', async () => {
    const world = await World.make();
    const adding = world.open('a').transact('add', add);
    await world.until('a → store commit add');
    const before = world.trace.length;
    world.mongo.failOver({ unnoticed: false });
    await world.kernel.runUntil(() => world.trace.slice(before).some((each) => each.includes('majority has')), 1_000);
    expect(await world.done(world.open('b').read.byId(ROWS, 'sum'))).toEqual({ _id: 'sum', n: 0 });
    await world.done(adding);
    expect(world.sum).toBe(1);
  });

  test('leaves the new primary without knowledge of what a majority has; who knows of it waits', async () => {
    for (let seed = 1; ; seed++) {
      const world = await World.make({ seed });
      const a = world.open('a');
      await world.done(a.transact('add', add));
      world.mongo.failOver({ unnoticed: false });
      const others = await world.done(world.open('b').read.byId<Counted>(ROWS, 'sum'));
      const its = await world.done(a.read.byId<Counted>(ROWS, 'sum'));
      expect(its?.n).toBe(1);
      if (others?.n !== 1) return;
    }
  });

  test('takes back collections that no majority has', async () => {
    const world = await World.make();
    const making = world.open('a').createCollection({ database: 'state', name: 'new' });
    await world.until('a → store create new');
    world.mongo.failOver({ unnoticed: false });
    expect(await world.done(world.open('b').collections('state'))).not.toContain('new');
    await world.done(making);
    expect(await world.done(world.open('c').collections('state'))).toContain('new');
  });

  test('lets nobody commit on a primary that does not know that it was deposed', async () => {
    const world = await World.make();
    const seen: number[] = [];
    const stale = world.open('stale').transact('stale', async (tx) => {
      seen.push((await tx.fence<Counted>(FENCES, 'p0')).n);
      const sum = (await tx.byId<Counted>(ROWS, 'sum')) as Counted;
      await tx.replace(ROWS, [{ _id: 'sum', n: sum.n + 10 }]);
    });
    world.mongo.failOver();
    await world.done(world.open('new').transact('add', add));
    expect(world.sum).toBe(1);
    await world.until('stale → store commit stale');
    world.mongo.heal();
    await world.done(stale);
    expect([seen, world.sum]).toEqual([[0, 1], 11]);
  });

  test('leaves reads of old behind for those who have not heard, and not for those who know of more', async () => {
    const world = await World.make();
    const [stale, told, telling] = [world.open('stale'), world.open('told'), world.open('telling')];
    world.mongo.failOver();
    const fresh = world.open('fresh');
    await world.done(fresh.transact('add', add));
    for (const store of [told, telling]) store.reach(fresh.time() as string);
    expect(await world.done(stale.read.byId(ROWS, 'sum'))).toEqual({ _id: 'sum', n: 0 });
    const staleRead = stale.transact('read', (tx) => tx.byId(ROWS, 'sum'));
    expect(await world.done(staleRead)).toEqual({ _id: 'sum', n: 0 });
    const toldRead = told.transact('read', (tx) => tx.byId(ROWS, 'sum'));
    const reads = world.done(Promise.all([toldRead, telling.read.byId(ROWS, 'sum')]));
    expect(await reads).toEqual([1, 1].map((n) => ({ _id: 'sum', n })));
  });
});
