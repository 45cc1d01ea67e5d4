import { describe, expect, test } from '@jest/globals';
import { startMongo } from '#servers';
import { testMongo } from '#testing';
import { openMongoStore, targetProblem } from './open-mongo-store.js';

const NAMES = { stateDatabase: 'millrace_t', targetDatabase: 't', appName: 'test', serverSelectionTimeoutMs: 300 };

describe('openMongoStore', () => {
  test('calls a server that does not answer unreachable, for now, without naming the password', async () => {
    const uri = 'mongodb://user:geheim@127.0.0.1:1/';
    const error = await failureOf(openMongoStore({ uri, ...NAMES }));
    expect(error).toMatchObject({ code: 'TARGET_UNREACHABLE', retriable: true });
    expect(String(error)).not.toContain('geheim');
  });

  test.each(['http://user:geheim@host/', 'mongodb://user:gehe%im@host/', 'mongodb://user:geheim@host/?nonsense=1'])(
    'refuses a URI that is none, without repeating it',
    async (uri) => {
      const error = await failureOf(openMongoStore({ uri, ...NAMES }));
      expect(error).toMatchObject({ code: 'TARGET_URI_INVALID', retriable: false });
      expect(String(error)).not.toContain('gehe');
    },
  );

  test('tells a wrong password from an unreachable server', async () => {
    await using mongo = await testMongo();
    const uri = mongo.uri.replace('mongodb://', 'mongodb://user:geheim@');
    const error = await failureOf(openMongoStore({ uri, ...NAMES }));
    expect(error).toMatchObject({ code: 'TARGET_AUTHENTICATION_FAILED', retriable: false, exit: 4 });
    expect(String(error)).not.toContain('geheim');
  });

  test('describes a standalone server, names it as the problem, and cannot transact on it', async () => {
    await using server = await startMongo({ replicaSet: false });
    const store = await openMongoStore({ uri: server.uri, ...NAMES });
    try {
      const description = await store.describe();
      expect(description).toMatchObject({ topology: 'standalone', historySeconds: 300 });
      expect(targetProblem(description)).toMatchObject({ code: 'TARGET_STANDALONE' });
      const writing = store.write.insert({ database: 'state', name: 'rows' }, [{ _id: 1 }]);
      await expect(writing).rejects.toMatchObject({ code: 'TARGET_STANDALONE' });
    } finally {
      await store.close();
    }
  });

  test('names the unique indexes of a collection; of a view and of what is not there, none', async () => {
    await using mongo = await testMongo();
    const db = mongo.client.db(mongo.database);
    await db.collection('c').createIndex({ a: 1 }, { unique: true, name: 'mine' });
    await db.collection('c').createIndex({ b: 1 });
    await db.createCollection('v', { viewOn: 'c', pipeline: [] });
    const store = await openMongoStore({ uri: mongo.uri, ...NAMES, targetDatabase: mongo.database });
    try {
      const found = ['c', 'v', 'nowhere'].map((name) => store.uniqueIndexes({ database: 'target', name }));
      expect(await Promise.all(found)).toEqual([['mine'], [], []]);
    } finally {
      await store.close();
    }
  });

  test('finds no problem in a replica set of a supported version, and one in an old version', async () => {
    expect(targetProblem({ version: '6.0.5', topology: 'replicaSet' })).toBeUndefined();
    expect(targetProblem({ version: '10.0.0', topology: 'sharded' })).toBeUndefined();
    expect(targetProblem({ version: '5.0.31', topology: 'replicaSet' })).toMatchObject({ code: 'TARGET_VERSION' });
  });
});

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
