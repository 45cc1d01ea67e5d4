import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Server, startMongo } from '#servers';
import { waitFor } from '#testing';
import { MongoClient } from 'mongodb';
import { type CollectionRef, type Doc, TransactionTooLarge } from '../store.js';
import type { MongoStore } from './mongo-store.js';
import { openMongoStore } from './open-mongo-store.js';

const ROWS: CollectionRef = { database: 'state', name: 'rows' };
const FENCES: CollectionRef = { database: 'state', name: 'fences' };

let server: Server;
let admin: MongoClient;
let databases = 0;

beforeAll(async () => {
  server = await startMongo({ args: ['--setParameter', 'enableTestCommands=1'] });
  admin = await new MongoClient(server.uri).connect();
});

afterAll(async () => {
  await admin.close();
  await server.stop();
});

describe('MongoStore on a server that dies', () => {
  test('completes every transaction, each once in effect, however often the server is killed', async () => {
    await using context = await prepared();
    const { store } = context;
    let completed = 0;
    const lanes = Array.from({ length: 4 }, async (_, lane) => {
      for (let i = 0; i < 40; i++) {
        await store.transact('add', async (tx) => {
          await tx.fence(FENCES, `p${lane}`);
          await tx.insert(ROWS, [{ _id: `${lane}.${i}` }]);
        });
        completed++;
      }
    });
    for (const kills of [20, 60, 100]) {
      await waitFor(() => completed >= kills);
      await server.kill();
      await server.restart();
    }
    await Promise.all(lanes);
    expect(await store.read.range(ROWS, {}, { limit: 1_000 })).toHaveLength(160);
    const fences = await store.read.range<Doc & { n: number }>(FENCES, {}, { limit: 10 });
    expect(fences.map(({ n }) => n)).toEqual([40, 40, 40, 40]);
    expect(context.retries.length).toBeGreaterThan(0);
  });

  test('repeats single writes and reads until the server is back', async () => {
    await using context = await prepared();
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 0 }]);
    await server.kill();
    const writes = Array.from({ length: 10 }, () =>
      store.write.patch(ROWS, 'a', { inc: { n: 1 }, push: { log: [1] } }),
    );
    const read = store.read.byId(ROWS, 'a');
    await waitFor(() => context.retries.length > 0);
    await server.restart();
    expect(await read).toMatchObject({ _id: 'a' });
    await Promise.all(writes);
    expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a', n: 10, log: Array.from({ length: 10 }, () => 1) });
  });

  test('gives up at once when its signal is raised or the store closes', async () => {
    const context = await prepared();
    const { store } = context;
    await server.kill();
    try {
      const stopping = new AbortController();
      const aborted = store.transact('test', (tx) => tx.insert(ROWS, [{ _id: 'a' }]), stopping.signal);
      const closed = store.write.insert(ROWS, [{ _id: 'b' }]);
      await waitFor(() => context.retries.length >= 2);
      stopping.abort(new Error('the job stops'));
      await expect(aborted).rejects.toThrow('the job stops');
      await Promise.all([expect(closed).rejects.toMatchObject({ code: 'STORE_CLOSED' }), store.close()]);
      await expect(store.read.byId(ROWS, 'a')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    } finally {
      await server.restart();
    }
  });
});

describe('MongoStore and answers that get lost', () => {
  test('asks again for a commit whose connection broke, and does not run the work again', async () => {
    await using context = await prepared();
    const { store } = context;
    await using _fault = await failing(['commitTransaction'], { closeConnection: true, times: 5 });
    let runs = 0;
    await store.transact('test', async (tx) => {
      runs++;
      await tx.insert(ROWS, [{ _id: 'a' }]);
    });
    expect(runs).toBe(1);
    expect(context.retries).toContain('test');
    expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a' });
  });

  test('increments once where the answer to the commit is lost', async () => {
    await using context = await prepared();
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 0 }]);
    await using _fault = await failing(['commitTransaction'], {
      writeConcernError: { code: 91, errmsg: 'shutting down' },
      times: 3,
    });
    expect(await store.write.patch(ROWS, 'a', { inc: { n: 1 } })).toEqual({ _id: 'a', n: 1 });
    expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a', n: 1 });
  });

  test('runs the work again where an operation’s connection broke', async () => {
    await using context = await prepared();
    const { store } = context;
    await using _fault = await failing(['insert'], { closeConnection: true, times: 2 });
    let runs = 0;
    await store.transact('test', async (tx) => {
      runs++;
      await tx.insert(ROWS, [{ _id: 'a' }]);
    });
    expect(runs).toBe(3);
  });

  test('tells the caller to halve after the third abort by a limit', async () => {
    await using context = await prepared();
    const { store } = context;
    await using _fault = await failing(['insert'], { errorCode: 388, times: 100 });
    let runs = 0;
    const work = store.transact('test', async (tx) => {
      runs++;
      await tx.insert(ROWS, [{ _id: 'a' }]);
    });
    await expect(work).rejects.toBeInstanceOf(TransactionTooLarge);
    expect(runs).toBe(3);
  });

  test('rejects with a missing right by its code', async () => {
    await using context = await prepared();
    const { store } = context;
    await using _fault = await failing(['insert'], { errorCode: 13, times: 1 });
    await expect(store.transact('test', (tx) => tx.insert(ROWS, [{ _id: 'a' }]))).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
    });
  });

  test('makes a collection of small pages where the server takes them, else one as it likes', async () => {
    await using context = await prepared();
    const { store } = context;
    const [small, refused] = [
      { database: 'state', name: 'small' },
      { database: 'state', name: 'refused' },
    ] as const;
    await store.createCollection(small, { changedByKey: true });
    {
      await using _fault = await failing(['create'], { errorCode: 72, times: 1 });
      await store.createCollection(refused, { changedByKey: true });
    }
    expect(await creationOf(small.name)).toContain('leaf_page_max=8KB');
    expect(await creationOf(refused.name)).not.toContain('leaf_page_max=8KB');

    async function creationOf(name: string): Promise<string> {
      const { wiredTiger } = await admin.db(context.state).command({ collStats: name });
      return wiredTiger.creationString;
    }
  });

  test('closes once what is under way has ended: nothing that it wrote is held for as long as the server lets transactions live', async () => {
    await using context = await prepared();
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a' }]);
    await using _slow = await failing(['update'], { blockConnection: true, blockTimeMS: 300, times: 1 });
    const underway = store.transact('slow', (tx) => tx.put(ROWS, [{ _id: 'a', by: 'slow' }]));
    const ended = Promise.allSettled([underway]);
    await delay(100);
    await store.close();
    // Also what was on its way to the server.
    await delay(500);
    const rows = admin.db(context.state).collection<{ _id: string }>('rows');
    await rows.updateOne({ _id: 'a' }, { $set: { by: 'another one' } }, { maxTimeMS: 2_000 });
    await ended;
  });
});

async function prepared(): Promise<{ store: MongoStore; state: string; retries: string[] } & AsyncDisposable> {
  const name = `t_${process.pid}_${++databases}`;
  const retries: string[] = [];
  const store = await openMongoStore({
    uri: server.uri,
    stateDatabase: `millrace_${name}`,
    targetDatabase: name,
    appName: 'faults',
    serverSelectionTimeoutMs: 500,
    onRetry: (label) => retries.push(label),
  });
  for (const collection of [ROWS, FENCES]) await store.createCollection(collection);
  await store.write.insert(
    FENCES,
    Array.from({ length: 4 }, (_, i) => ({ _id: `p${i}`, n: 0 })),
  );
  return { store, state: `millrace_${name}`, retries, [Symbol.asyncDispose]: () => store.close() };
}

/** The server's own way to let commands fail; `admin` has another application name and is spared. */
async function failing(
  failCommands: string[],
  { times, ...data }: { times: number } & Record<string, unknown>,
): Promise<AsyncDisposable> {
  const fail = (mode: unknown, more: object) =>
    admin
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode, data: { failCommands, appName: 'faults', ...more } });
  await fail({ times }, data);
  return { [Symbol.asyncDispose]: async () => void (await fail('off', {})) };
}
