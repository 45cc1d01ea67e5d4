import { EventEmitter, once } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import type { LogBatch } from '#log';
import type { RowsRecord } from '#model';
import { newRowsFence } from '#stage';
import { DocumentRefused } from '#store';
import { RowActor, type RowActorParts } from './row-actor.js';

const STAGE = { database: 'state' as const, name: 'stage_1_0' };

/** A store whose stage has a row for every key; a transaction that inserts without having looked is refused. */
function storeWithRows(whenAllInsert: Promise<void>, inserting: () => void) {
  return {
    transact: async (_name: string, work: (tx: unknown) => Promise<unknown>) => {
      let looked = false;
      return work({
        fence: async (_fences: unknown, id: string) => newRowsFence(id),
        byIds: async (_stage: unknown, keys: string[]) => {
          looked = true;
          return keys.map((_id) => ({ _id, at: '5', c: 'newer' }));
        },
        insert: async () => {
          inserting();
          await whenAllInsert;
          if (!looked) throw new DocumentRefused('duplicate', STAGE, 0, 'there already', '_id_');
        },
        replace: async () => 1,
        patch: async () => undefined,
      });
    },
  };
}

test('loaded rows that the capture staged before are looked for by each partition that meets them, also at the same time', async () => {
  let inserting = 0;
  let all: () => void = () => undefined;
  const whenAllInsert = new Promise<void>((resolve) => {
    all = resolve;
  });
  const store = storeWithRows(whenAllInsert, () => {
    inserting++;
    if (inserting === 2) all();
  });
  const counts: unknown[] = [];
  const merge = { loaded: (present: unknown, key: string) => present ?? { _id: key, at: '', c: 'loaded' } };
  const actor = new RowActor({
    store,
    names: { fences: { database: 'state', name: 'fences' }, rowsFence: (partition: number) => `rows:${partition}` },
    tables: [{ collection: STAGE, merge, expressionNodes: [] }],
    phase: { loading: async () => true },
    onStaged: (count: unknown) => counts.push(count),
  } as unknown as RowActorParts);
  const batch = (partition: number) =>
    ({
      partition,
      records: [{ kind: 'load', table: 0, keys: [`k${partition}`], tuples: ['t'], bytes: 1 }],
    }) as unknown as LogBatch<RowsRecord>;
  const handled = await Promise.all([actor.handle(batch(0)), actor.handle(batch(1))]);
  await Promise.all(handled.map(({ completed }) => completed));
  expect(counts).toEqual([
    { staged: 0, superseded: 1, changes: 0 },
    { staged: 0, superseded: 1, changes: 0 },
  ]);
});

test('an owner that has just begun touches what it finds in an idle fence, once', async () => {
  const former = [{ table: 0, key: 'moved', at: '7', k: { j0: 'old' } }];
  const resolved: unknown[] = [];
  const transacted: unknown[] = [];
  const store = {
    transact: async (_name: string, work: (tx: unknown) => Promise<unknown>) => {
      const fence = { ...newRowsFence('rows:0'), former };
      const patch = async (_fences: unknown, _id: string, change: unknown) => transacted.push(change);
      return work({ fence: async () => fence, patch });
    },
  };
  const actor = new RowActor({
    store,
    names: { fences: { database: 'state', name: 'fences' }, rowsFence: (partition: number) => `rows:${partition}` },
    tables: [],
    phase: { loading: async () => false },
    resolver: {
      resolve: (images: unknown[]) => {
        resolved.push(images);
        return (async function* () {
          yield* [];
        })();
      },
    },
  } as unknown as RowActorParts);
  const { signal } = new AbortController();
  await actor.trim(0, signal);
  expect([resolved, transacted]).toEqual([[former], []]);
  await actor.trim(0, signal);
  expect(transacted).toEqual([{ set: { former: [] } }]);
});

test('a batch that is delivered again is done when the roots of former images, which its first delivery still looks for, are touched', async () => {
  const former = [{ table: 0, key: 'k', at: '6', k: { j0: 'old' } }];
  const fence = { ...newRowsFence('rows:0'), position: '6', former };
  const store = {
    transact: async (_name: string, work: (tx: unknown) => Promise<unknown>) =>
      work({ fence: async () => fence, byIds: async () => [{ _id: 'k', at: '6', c: 't', k: {} }] }),
  };
  const steps: string[] = [];
  const look = new EventEmitter();
  const [begins, isFound] = [once(look, 'begins'), once(look, 'found')];
  const actor = new RowActor({
    store,
    names: { fences: { database: 'state', name: 'fences' }, rowsFence: (partition: number) => `rows:${partition}` },
    tables: [{ collection: STAGE, expressionNodes: [] }],
    phase: { loading: async () => false },
    resolver: {
      resolve: async function* (images: readonly { k?: { j0?: string } }[]) {
        const formers = images.filter(({ k }) => k?.j0 === 'old');
        if (formers.length > 0) look.emit('begins');
        if (formers.length > 0) await isFound;
        for (const _ of formers) yield { collection: 0, roots: ['of the former image'] };
      },
    },
    toucher: { touch: async (_: number, roots: string[]) => void steps.push(`touched ${roots.join()}`) },
  } as unknown as RowActorParts);
  const change = { op: 'upsert', table: 0, key: 'k', at: '6', tuple: 't' };
  const batch = { partition: 0, records: [{ kind: 'changes', changes: [change] }] } as unknown as LogBatch<RowsRecord>;
  const first = actor.handle(batch);
  await begins;
  const again = await actor.handle(batch);
  const done = again.completed.then(() => steps.push('done'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(steps).toEqual([]);
  look.emit('found');
  await Promise.all([done, first]);
  expect(steps).toEqual(['touched of the former image', 'done']);
});

test('a touch that fails while further roots are looked for fails the batch, and not the process', async () => {
  const failure = new Error('the log was closed');
  const failing = Promise.reject(failure);
  const seen = jest.spyOn(failing, 'catch');
  let wasSeenMeanwhile: boolean | undefined;
  const actor = new RowActor({
    store: storeWithRows(Promise.resolve(), () => undefined),
    names: { fences: { database: 'state', name: 'fences' }, rowsFence: (partition: number) => `rows:${partition}` },
    tables: [
      { collection: STAGE, merge: { repaired: (present: object) => ({ ...present, at: '6' }) }, expressionNodes: [] },
    ],
    phase: { loading: async () => false },
    resolver: {
      resolve: async function* () {
        yield { collection: 0, roots: ['a'] };
        wasSeenMeanwhile = seen.mock.calls.length > 0;
      },
    },
    toucher: { touch: () => failing },
  } as unknown as RowActorParts);
  const records = [{ kind: 'repair', table: 0, key: 'k', at: '6', tuple: 't', bytes: 1 }];
  const { completed } = await actor.handle({ partition: 0, records } as unknown as LogBatch<RowsRecord>);
  await expect(completed).rejects.toBe(failure);
  expect(wasSeenMeanwhile).toBe(true);
});
