import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compileAssembler } from '#mapping';
import { canonicalizer, formatPosition, packTuple, type TouchRecord } from '#model';
import { IncarnationNames, JOB, JOB_ID, newTouchesFence } from '#stage';
import { openMongoStore } from '#store/mongodb';
import type { CollectionRef, Store, StoreTransaction } from '#store';
import { type TestMongo, testMongo } from '#testing';
import { planOf } from '../mapping/testing/compile-fixture.js';
import { int, table } from '../mapping/testing/shop-catalogue.js';
import { makeWrite, type Write } from './write.js';

const ROOTS = 2_000;
const BAD = [3, 700, 701, 1_999];
const MOST = 400;
const catalogue = { tables: [table('things', { columns: { id: int, size: int }, key: ['id'] })] };
const plan = planOf('things:\n  table: public.things', { catalogue });
const names = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
const [things] = plan.tables as [(typeof plan.tables)[number]];
const keyOf = canonicalizer(
  things.columns.map(({ type }) => type),
  things.key,
);
const roots = Array.from({ length: ROOTS }, (_, i) => keyOf([String(i), '0']) as string);
const bad = BAD.map((i) => roots[i] as string);

let mongo: TestMongo;
let store: Store;
let write: Write;
/** Of each transaction, how many roots it read, and whether it committed. */
let transactions: { roots: number; committed: boolean }[] = [];

/** Tells of each transaction that was tried how many roots it has read from the stage. */
function counted(of: Store, isForeseen: boolean): Store {
  const stage = names.stage(0).name;
  return Object.assign(Object.create(of) as Store, {
    reach: () => undefined,
    foresee: (...[target, docs]: Parameters<NonNullable<Store['foresee']>>) =>
      isForeseen ? (of.foresee?.(target, docs) ?? Promise.resolve([])) : Promise.resolve([]),
    transact: async <T>(label: string, work: (tx: StoreTransaction) => Promise<T>, signal?: AbortSignal) => {
      const seen = { roots: 0, committed: false };
      const result = await of
        .transact(
          label,
          (tx) => {
            const byIds = (collection: CollectionRef, ids: readonly unknown[]) => {
              if (collection.name === stage) seen.roots += ids.length;
              return tx.byIds(collection, ids);
            };
            seen.roots = 0;
            return work(Object.assign(bound(tx), { byIds }));
          },
          signal,
        )
        .finally(() => transactions.push(seen));
      seen.committed = true;
      return result;
    },
  });
}

function bound(tx: StoreTransaction): StoreTransaction {
  return new Proxy({} as StoreTransaction, {
    get: (own, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(tx, name);
      return typeof value === 'function' ? (value.bind(tx) as unknown) : value;
    },
  });
}

async function stage(round: number): Promise<void> {
  const at = formatPosition(1, BigInt(round), 0);
  const sizes = roots.map((_, i) => (BAD.includes(i) ? -round : round));
  await store.write.put(
    names.stage(0),
    roots.map((_id, i) => ({ _id, at, c: packTuple([String(i), String(sizes[i])]) })),
  );
}

async function touch(origin: TouchRecord['origin'], touched: string[]): Promise<typeof transactions> {
  transactions = [];
  const records: TouchRecord[] = [{ collection: 0, roots: touched, origin, bytes: 1 }];
  await (await write.documents.handle({ partition: 0, records, signal: new AbortController().signal })).completed;
  return transactions;
}

const sum = (some: typeof transactions): number => some.reduce((roots, one) => roots + one.roots, 0);
const aborted = (some: typeof transactions): typeof transactions => some.filter(({ committed }) => !committed);
const written = (size: number) => mongo.db.collection('things').countDocuments({ size });
const lettered = async () => (await store.read.range(names.letters, {}, { limit: 9 })).map(({ root }) => root).sort();

describe.each([
  ['that can be foreseen', true],
  ['that cannot be foreseen', false],
])('refusals %s', (_, isForeseen) => {
  beforeAll(async () => {
    mongo = await testMongo();
    store = await openMongoStore({
      uri: mongo.uri,
      stateDatabase: `${mongo.database}_state`,
      targetDatabase: mongo.database,
      appName: 'test',
    });
    for (const made of [names.letters, names.claims, names.stage(0)]) await store.createCollection(made);
    await mongo.db.createCollection('things', { validator: { size: { $gte: 0 } } });
    await store.write.put(names.fences, [newTouchesFence(names.touchesFence(0))]);
    await store.write.put(JOB, [{ _id: JOB_ID, incarnation: 1, loading: false }]);
    write = makeWrite({
      plan,
      names,
      store: counted(store, isForeseen),
      assembler: compileAssembler(plan),
      partitions: { touches: 1 },
      rootsPerTransaction: MOST,
      now: () => 0,
      retry: () => undefined,
      onLetters: () => undefined,
      onTouched: () => undefined,
    });
  });
  afterAll(async () => {
    await store?.dropState();
    await store?.close();
    await mongo?.[Symbol.asyncDispose]();
  });

  test('each document that MongoDB refuses costs one aborted transaction, the next ones take less; what can be foreseen costs none', async () => {
    await stage(1);
    const tried = await touch('build', roots);
    expect(aborted(tried)).toHaveLength(isForeseen ? 0 : BAD.length);
    expect(sum(aborted(tried))).toBeLessThan(3 * MOST);
    expect(tried.length).toBeLessThan(20);
    expect(await written(1)).toBe(ROOTS - BAD.length);
    expect(await lettered()).toEqual([...bad].sort());
  });

  test('documents that have letters are tried apart: no other one is tried twice', async () => {
    await stage(2);
    const tried = await touch('change', roots);
    expect(aborted(tried)).toHaveLength(isForeseen ? 0 : BAD.length);
    expect(aborted(tried).every((one) => one.roots <= BAD.length)).toBe(true);
    expect(await written(2)).toBe(ROOTS - BAD.length);
    expect(await lettered()).toEqual([...bad].sort());
  });

  test('of many that have letters and are tried alone, none is read very often', async () => {
    const tried = await touch('retry', bad);
    expect(tried).toHaveLength(isForeseen ? 1 : BAD.length + 1);
  });

  test('a letter goes with the transaction that writes its document', async () => {
    const at = formatPosition(1, 3n, 0);
    await store.write.put(
      names.stage(0),
      bad.map((_id, i) => ({ _id, at, c: packTuple([String(BAD[i]), '3']) })),
    );
    const tried = await touch('change', roots.slice(0, 800));
    expect(aborted(tried)).toEqual([]);
    expect(await written(3)).toBe(3);
    expect(await lettered()).toEqual([bad[3]]);
  });
});
