import { type Db, MongoClient } from 'mongodb';
import { type Server, startMongo } from '#servers';
import { freshName, type SharedServer, sharedServer } from './shared-server.js';

export interface TestMongoOptions {
  /** A server of the test's own, which it may kill and restart. */
  dedicated?: boolean;
}

/** The name of a fresh database on a replica set; dropped when the context ends. */
export interface TestMongo<S = SharedServer> extends AsyncDisposable {
  /** Of the server. */
  uri: string;
  database: string;
  /** A name for the test's job, whose state database `millrace_<job>` is dropped at the end, too. */
  job: string;
  client: MongoClient;
  /** `client.db(database)` */
  db: Db;
  server: S;
}

export function testMongo(options: TestMongoOptions & { dedicated: true }): Promise<TestMongo<Server>>;
export function testMongo(options?: TestMongoOptions): Promise<TestMongo>;
export async function testMongo(options: TestMongoOptions = {}): Promise<TestMongo<Server | SharedServer>> {
  if (options.dedicated) {
    const server = await startMongo();
    return contextOn(server, () => server.stop());
  }
  const uri = process.env['MILLRACE_TEST_MONGO_URI'];
  const server = uri
    ? { uri, version: await versionOf(uri) }
    : await sharedServer('mongodb', (owner) => startMongo({ owner }));
  return contextOn(server);
}

async function contextOn<S extends SharedServer>(server: S, stop?: () => Promise<void>): Promise<TestMongo<S>> {
  const client = await new MongoClient(server.uri).connect();
  const database = freshName();
  return {
    uri: server.uri,
    database,
    job: database,
    client,
    db: client.db(database),
    server,
    [Symbol.asyncDispose]: async () => {
      try {
        if (!stop) for (const name of [database, `millrace_${database}`]) await client.db(name).dropDatabase();
      } finally {
        await client.close(true);
        await stop?.();
      }
    },
  };
}

async function versionOf(uri: string): Promise<string> {
  const client = new MongoClient(uri);
  try {
    return String((await client.db('admin').command({ buildInfo: 1 }))['version']);
  } finally {
    await client.close();
  }
}
