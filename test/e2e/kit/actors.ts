import { jest } from '@jest/globals';
import type { Document } from 'mongodb';
import type { Log, LogRecord } from '#log';
import { compileAssembler } from '#mapping';
import {
  canonicalizer,
  formatPosition,
  packTuple,
  type Plan,
  type RowChange,
  type RowsRecord,
  type TouchRecord,
} from '#model';
import { IncarnationNames, JOB, JOB_ID, newRowsFence, newTouchesFence } from '#stage';
import type { Store } from '#store';
import { openMongoStore } from '#store/mongodb';
import { type TestMongo, testMongo } from '#testing';
import { makeTransform, type Transform } from '#transform';
import { makeWrite } from '#write';
import { planOf } from '../../../libs/mapping/testing/compile-fixture.js';
import { int, table, text, timestamptz } from '../../../libs/mapping/testing/shop-catalogue.js';
import { type AtStep, tracedStore } from './traced-ports.js';

const CATALOGUE = {
  tables: [
    table('parents', { columns: { id: int, name: text }, key: ['id'] }),
    table('children', { columns: { id: int, parent_id: int, v: text, big: text }, key: ['id'] }),
    table('events', { columns: { id: int, at: timestamptz, big: text }, key: ['id'] }),
    table('accounts', { columns: { id: int, code: text, v: text }, key: ['id'] }),
  ],
};

const MAPPING = `
parents:
  table: public.parents
  embed:
    children: { many: public.children, on: { parent_id: id }, fields: [id, v, big] }
accounts:
  table: public.accounts
  id: code
events:
  table: public.events
`;

type Table = 'parents' | 'children' | 'accounts' | 'events';
type Values = (string | null)[];

/** The actors of one partition each on a real store, whose log is the test: nothing is delivered unless it says so. */
export interface ActorBench extends AsyncDisposable {
  plan: Plan;
  store: Store;
  names: IncarnationNames;
  mongo: TestMongo;
  /** An owner of the partition of `rows`, with a memory of its own; what it asks of the store goes by `at`. */
  owner(at?: AtStep): Owner;
  /** Touches that were appended and not yet delivered. */
  touches: TouchRecord[];
  /** Delivers all touches, then those that writing causes, until there are none. */
  write(): Promise<void>;
  /** Delivers the touches that there are now; what writing them causes waits. By a writer whose store goes by `at`, where given. */
  writeOnce(at?: AtStep): Promise<void>;
  /** What was appended and not delivered is lost with its process. */
  crash(): void;
  documents(collection: 'parents' | 'accounts' | 'events'): Promise<Document[]>;
  upsert(of: Table, at: [number, number?], values: Values, more?: Partial<RowChange>): RowChange;
  remove(of: Table, at: [number, number?], id: number): RowChange;
  load(of: Table, ...rows: Values[]): RowsRecord;
  truncate(of: Table, at: [number, number?]): RowsRecord;
  key(of: Table, id: number): string;
  tableIndex(of: Table): number;
}

export interface Owner {
  transform: Transform;
  /** Resolves when the batch is staged and its touches are appended, not when these are carried out. */
  handle(...records: (RowsRecord | RowChange)[]): Promise<void>;
}

export async function actorBench({ loading = false } = {}): Promise<ActorBench> {
  const mongo = await testMongo();
  const plan = planOf(MAPPING.trim(), { catalogue: CATALOGUE });
  const names = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
  const store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase: `millrace_${mongo.job}`,
    targetDatabase: mongo.database,
    appName: `millrace ${mongo.job}`,
  });
  const { claims, letters, tasks, rereads, fences } = names;
  for (const collection of [claims, letters, tasks, rereads, fences]) await store.createCollection(collection);
  for (const { index } of plan.tables) await store.createCollection(names.stage(index), { changedByKey: true });
  for (const { name } of plan.collections) await store.createCollection({ database: 'target', name });
  await store.write.put(fences, [newRowsFence(names.rowsFence(0)), newTouchesFence(names.touchesFence(0))]);
  await store.write.put(JOB, [{ _id: JOB_ID, incarnation: 1, loading }]);

  const touches: TouchRecord[] = [];
  let delivered: (() => void)[] = [];
  const log = {
    append: (_topic: string, _partition: number, records: readonly LogRecord[]) => {
      touches.push(...(records as unknown as TouchRecord[]));
      return new Promise<void>((resolve) => delivered.push(resolve));
    },
  } as unknown as Log;
  const fail = (error: unknown): void => {
    throw error;
  };
  const retry = jest.fn((collection: number, roots: readonly string[], dueMs?: number) => {
    if (dueMs === undefined) touches.push({ collection, roots: [...roots], origin: 'retry', bytes: 1 });
  });
  const writerOn = (on: Store) =>
    makeWrite({
      plan,
      names,
      store: on,
      assembler: compileAssembler(plan),
      partitions: { touches: 1 },
      rootsPerTransaction: 100,
      now: () => 0,
      retry,
      onLetters: () => undefined,
      onTouched: () => undefined,
    }).documents;
  const writer = writerOn(store);
  const signal = new AbortController().signal;
  const planned = (of: Table) => plan.tables.find(({ name }) => name === of) as (typeof plan.tables)[number];
  const keyOf = (of: Table, values: Values): string => {
    const { columns, key } = planned(of);
    return canonicalizer(
      columns.map(({ type }) => type),
      key,
    )(values) as string;
  };
  const position = ([commit, ordinal = 0]: [number, number?]): string => formatPosition(1, BigInt(commit), ordinal);

  const writeOnce = async (at?: AtStep): Promise<void> => {
    const [records, resolves] = [touches.splice(0), delivered.splice(0)];
    const documents = at ? writerOn(tracedStore(store, at)) : writer;
    await (await documents.handle({ partition: 0, records, signal })).completed;
    for (const resolve of resolves) resolve();
  };

  return {
    plan,
    store,
    names,
    mongo,
    touches,
    owner(at) {
      const transform = makeTransform({
        plan,
        names,
        store: at ? tracedStore(store, at) : store,
        asHolder: (work) => store.transact('job', work),
        log,
        partitions: { rows: 1, touches: 1, tasks: 1 },
        evaluator: { evaluate: () => [] },
        tuning: { rootsPerBuildTask: 100 },
        onBuilt: () => undefined,
        onFailure: fail,
      });
      return {
        transform,
        async handle(...given) {
          const records = given.map(
            (one): RowsRecord => ('kind' in one ? one : { kind: 'changes', changes: [one], bytes: 1 }),
          );
          const { completed } = await transform.rows.handle({ partition: 0, records, signal });
          completed.catch(() => undefined);
        },
      };
    },
    writeOnce,
    async write() {
      while (touches.length > 0) await writeOnce();
    },
    crash() {
      touches.length = 0;
      delivered = [];
    },
    documents: (collection) => mongo.db.collection(collection).find().sort({ _id: 1 }).toArray(),
    upsert: (of, at, values, more = {}) => ({
      op: 'upsert',
      table: planned(of).index,
      key: keyOf(of, values),
      at: position(at),
      tuple: packTuple(values),
      transaction: '1',
      ...more,
    }),
    remove: (of, at, id) => ({
      op: 'delete',
      table: planned(of).index,
      key: keyOf(of, [String(id)]),
      at: position(at),
      tuple: '',
      transaction: '1',
    }),
    load: (of, ...rows) => ({
      kind: 'load',
      table: planned(of).index,
      keys: rows.map((row) => keyOf(of, row)),
      tuples: rows.map(packTuple),
      bytes: 1,
    }),
    truncate: (of, at) => ({
      kind: 'truncate',
      change: { op: 'truncate', table: planned(of).index, at: position(at) },
      bytes: 1,
    }),
    key: (of, id) => keyOf(of, [String(id)]),
    tableIndex: (of) => planned(of).index,
    async [Symbol.asyncDispose]() {
      await store.close();
      await mongo[Symbol.asyncDispose]();
    },
  };
}

/** Holds whoever comes to the step until it is let go. */
export function gate(step: string): { at: AtStep; reached: Promise<void>; open: () => void } {
  let open = (): void => {};
  let arrive = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let held = false;
  const at = (name: string): void | Promise<void> => {
    if (name !== step || held) return;
    held = true;
    arrive();
    return opened;
  };
  return { at, reached, open };
}

/** The process dies at the step: whatever it does there fails, and nothing after it is done. */
export function dies(step: string, nth = 1): AtStep {
  let left = nth;
  return (name) => {
    if (name === step && --left === 0) throw new Error(`the process died at: ${step}`);
  };
}
