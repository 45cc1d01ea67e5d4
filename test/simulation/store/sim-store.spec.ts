import { describe, expect, test } from '@jest/globals';
import { type Doc, DocumentRefused, TransactionTooLarge } from '#store';
import { type CallFault, SimProcess } from '../kernel/index.js';
import { type CommittedChange, SimStore } from './index.js';
import { add, addManyTimes, type Counted, DOCUMENTS, ROWS, World } from './world.js';

describe('transactions of several processes', () => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'are serial on a fence and lose nothing, under faults and fail-overs (seed %i)',
    async (seed) => {
      let hasFaults = false;
      const faultOf = (): CallFault | undefined => {
        if (!hasFaults || !world.kernel.random.chance(0.05)) return undefined;
        return world.kernel.random.chance(0.5) ? 'lost' : 'unanswered';
      };
      const world = await World.make({ seed, faultOf }, { newestRead: 0.5 });
      const steps: number[] = [];
      world.mongo.onCommitted(({ _id, after }) => {
        if (_id === 'sum') steps.push((after as unknown as Counted).n);
      });
      hasFaults = true;
      const adding = Promise.all(['a', 'b', 'c'].map((name) => addManyTimes(world.open(name), 4)));
      for (let i = 0; i < 3; i++) {
        const until = world.kernel.step + 40;
        await world.kernel.runUntil(() => world.kernel.step >= until, 1_000);
        world.mongo.failOver({ kept: world.kernel.random.below(3), unnoticed: i > 0 });
      }
      await world.done(adding);
      expect(world.sum).toBe(12);
      expect(steps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    },
  );

  test('are the same for the same seed', async () => {
    const traceOf = async (seed: number) => {
      const world = await World.make({ seed });
      const adding = Promise.all(['a', 'b'].map((name) => addManyTimes(world.open(name), 3)));
      world.mongo.failOver();
      await world.done(adding);
      return world.trace;
    };
    const first = await traceOf(3);
    expect(await traceOf(3)).toEqual(first);
    expect(await traceOf(4)).not.toEqual(first);
  });

  test('do not conflict where a document stays as it is', async () => {
    const world = await World.make();
    const [store, other] = [world.open('a'), world.open('b')];
    let runs = 0;
    const slow = store.transact('slow', async (tx) => {
      runs++;
      await tx.byId(ROWS, 'sum');
      await other.transact('add', add);
      expect(await tx.replace(ROWS, [{ _id: 'sum', n: 0 }])).toBe(1);
    });
    await world.done(slow);
    expect([runs, world.sum]).toEqual([1, 1]);
  });

  test('conflict where both take one value of a unique index', async () => {
    const world = await World.make();
    world.mongo.makeUniqueIndex('target', DOCUMENTS.name, 'email', 'one_per_email');
    const [store, other] = [world.open('a'), world.open('b')];
    let runs = 0;
    const later = store.transact('later', async (tx) => {
      runs++;
      await tx.byId(DOCUMENTS, 1);
      if (runs === 1) await other.write.insert(DOCUMENTS, [{ _id: 1, email: 'x' }]);
      await tx.insert(DOCUMENTS, [{ _id: 2, email: 'x' }]);
    });
    await expect(world.done(later)).rejects.toMatchObject({ kind: 'duplicate', indexName: 'one_per_email', index: 0 });
    expect(runs).toBe(2);
  });

  test('keep what they have written to themselves until a majority has it', async () => {
    const world = await World.make();
    const told: CommittedChange[] = [];
    world.mongo.onCommitted((change) => told.push(change));
    const store = world.open('a');
    const adding = store.transact('add', add);
    await world.until('a → store commit add');
    expect([told, world.sum]).toEqual([[], 0]);
    await world.done(adding);
    expect(told.map(({ _id, before, after }) => [_id, before, after])).toEqual([
      ['p0', { _id: 'p0', n: 0 }, { _id: 'p0', n: 1 }],
      ['sum', { _id: 'sum', n: 0 }, { _id: 'sum', n: 1 }],
    ]);
  });
});

describe('a transaction that was left open', () => {
  async function killedInTheMiddle(): Promise<World> {
    const world = await World.make();
    const process = new SimProcess('killed');
    void world.open('killed', process).transact('add', add);
    await world.until('killed → store replace rows');
    process.kill();
    return world;
  }

  test('holds what it wrote until somebody ends it', async () => {
    const world = await killedInTheMiddle();
    const store = world.open('a');
    const adding = store.transact('add', add);
    const until = world.kernel.now() + 10_000;
    await world.kernel.runUntil(() => world.kernel.now() > until, 10_000);
    expect(world.sum).toBe(0);
    await world.done(store.endAbandoned(60_000));
    const later = world.kernel.now() + 10_000;
    await world.kernel.runUntil(() => world.kernel.now() > later, 10_000);
    expect(world.sum).toBe(0);
    await world.done(store.endAbandoned(1_000));
    await world.done(adding);
    expect(world.sum).toBe(1);
  });

  test('is no business of another job', async () => {
    const world = await killedInTheMiddle();
    const { kernel, mongo } = world;
    const process = new SimProcess('other');
    const other = new SimStore({ kernel, mongo, process, stateDatabase: 'millrace_other', targetDatabase: 'target' });
    await world.done(other.endAbandoned());
    const from = kernel.now();
    await world.done(world.open('a').transact('add', add));
    expect(kernel.now() - from).toBeGreaterThan(50_000);
  });

  test('is ended by the server after a minute', async () => {
    const world = await killedInTheMiddle();
    const from = world.kernel.now();
    await world.done(world.open('a').transact('add', add));
    expect(world.kernel.now() - from).toBeGreaterThan(59_000);
    expect(world.sum).toBe(1);
  });

  test('keeps its collection from being dropped meanwhile', async () => {
    const world = await killedInTheMiddle();
    const store = world.open('a');
    const dropping = store.drop(ROWS);
    const until = world.kernel.now() + 10_000;
    await world.kernel.runUntil(() => world.kernel.now() > until, 10_000);
    expect(await world.done(store.collections('state'))).toContain(ROWS.name);
    await world.done(store.endAbandoned());
    await world.done(dropping);
    expect(await world.done(store.collections('state'))).not.toContain(ROWS.name);
  });

  test('of a process that lives is ended, too, and its work runs again', async () => {
    const world = await World.make();
    const other = world.open('other');
    let runs = 0;
    const adding = world.open('a').transact('add', async (tx) => {
      await add(tx);
      if (++runs === 1) await other.endAbandoned();
    });
    await world.done(adding);
    expect([runs, world.sum]).toEqual([2, 1]);
  });
});

describe('limits', () => {
  test('a collection refuses what its rule says, by position, and foresees it', async () => {
    const world = await World.make();
    const store = world.open('a');
    world.mongo.refuse(DOCUMENTS.name, (doc) => (doc as unknown as Doc).bad === true);
    const docs = [{ _id: 1 }, { _id: 2, bad: true }];
    const inserting = store.transact('test', (tx) => tx.insert(DOCUMENTS, docs));
    await expect(world.done(inserting)).rejects.toMatchObject({ kind: 'validation', index: 1 });
    const [foreseen, ...others] = await world.done(store.foresee(DOCUMENTS, docs));
    expect(foreseen).toBeInstanceOf(DocumentRefused);
    expect([foreseen?.index, others]).toEqual([1, []]);
    world.mongo.refuse(DOCUMENTS.name, undefined);
    await world.done(store.write.insert(DOCUMENTS, docs));
  });

  test('a transaction of more documents than the server takes is too large', async () => {
    const world = await World.make({}, { maxTransactionWrites: 2 });
    const store = world.open('a');
    const docs = [1, 2, 3].map((_id) => ({ _id }));
    const inserting = store.transact('test', (tx) => tx.insert(DOCUMENTS, docs));
    await expect(world.done(inserting)).rejects.toBeInstanceOf(TransactionTooLarge);
    await world.done(store.transact('test', (tx) => tx.insert(DOCUMENTS, docs.slice(1))));
    expect(world.mongo.committed('target', DOCUMENTS.name)).toEqual([{ _id: 2 }, { _id: 3 }]);
  });

  test('a store that is closed takes nothing more', async () => {
    const world = await World.make();
    const store = world.open('a');
    const adding = store.transact('add', add);
    await world.until('a → store fence fences');
    await store.close();
    await expect(world.done(adding)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.read.byId(ROWS, 'sum')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});
