import { MongoClient } from 'mongodb';
import { type Server, startMongo } from '#servers';
import { freshName } from './shared-server.js';
import type { TestMongo } from './test-mongo.js';
import { waitFor } from './wait-for.js';

/** Three members, so that one can die and another takes its place. */
export interface ReplicaSet extends AsyncDisposable {
  uri: string;
  client: MongoClient;
  /** Of each member: where it is reached directly, whatever it is in the set. */
  memberUris: readonly string[];
  /** The place of the primary among the members. */
  primary(): Promise<number>;
  /** Kills the primary; resolves when another one has been elected. */
  killPrimary(): Promise<Server>;
}

export interface ReplicaSetOptions {
  /** Further arguments of each `mongod`. */
  args?: string[];
}

const ELECTION_MS = 1_000;

export async function startReplicaSet({ args = [] }: ReplicaSetOptions = {}): Promise<ReplicaSet> {
  const servers = await Promise.all([1, 2, 3].map(() => startMongo({ replicaSet: 'joining', args })));
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`);
  const uri = `mongodb://${hosts.join(',')}/?replicaSet=rs0`;
  await initiate((servers[0] as Server).port, hosts);
  const client = await new MongoClient(uri).connect();
  const members = async (state: string): Promise<string[]> => {
    const { members: all } = await client.db('admin').command({ replSetGetStatus: 1 });
    return (all as { name: string; stateStr: string }[]).filter((m) => m.stateStr === state).map(({ name }) => name);
  };
  await waitFor(async () => (await members('SECONDARY')).length === 2, { timeoutMs: 60_000 });
  const primary = async (): Promise<number> => hosts.indexOf((await members('PRIMARY'))[0] as string);
  return {
    uri,
    client,
    memberUris: hosts.map((host) => `mongodb://${host}/?directConnection=true`),
    primary,
    async killPrimary() {
      const former = await primary();
      const server = servers[former] as Server;
      await server.kill();
      const isAnother = (name: string): boolean => name !== hosts[former];
      await waitFor(async () => (await members('PRIMARY')).some(isAnother), { timeoutMs: 60_000 });
      return server;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function initiate(port: number, hosts: readonly string[]): Promise<void> {
  const client = await new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`).connect();
  try {
    const members = hosts.map((host, _id) => ({ _id, host }));
    const settings = { electionTimeoutMillis: ELECTION_MS };
    await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members, settings } });
  } finally {
    await client.close();
  }
}

/** For a job of its own name and target; the set is ended by whoever started it. */
export function asTestMongo({ uri, client }: ReplicaSet): TestMongo {
  const database = freshName();
  const nothing = async (): Promise<void> => undefined;
  const server = { uri, version: '6' };
  return { uri, database, job: database, client, db: client.db(database), server, [Symbol.asyncDispose]: nothing };
}
