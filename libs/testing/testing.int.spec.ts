import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { testKafka, testMongo, testPostgres, testRedis, waitFor } from './index.js';

describe('testPostgres', () => {
  test('gives a fresh database of its own, and drops it with the slots left in it', async () => {
    const names: string[] = [];
    await using other = await testPostgres();
    {
      await using postgres = await testPostgres();
      names.push(postgres.database);
      await postgres.exec('CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)');
      await postgres.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [postgres.database]);
      expect(await postgres.query('SELECT id FROM t WHERE id > $1', [1])).toEqual([{ id: 2 }]);
      await expect(other.query('SELECT id FROM t')).rejects.toMatchObject({ code: '42P01' });
    }
    expect(await other.query('SELECT datname FROM pg_database WHERE datname = ANY ($1)', [names])).toEqual([]);
    expect(await other.query('SELECT * FROM pg_replication_slots WHERE slot_name = ANY ($1)', [names])).toEqual([]);
  });

  test('gives the oldest and the newest version', async () => {
    await using oldest = await testPostgres({ version: 'oldest' });
    await using newest = await testPostgres({ version: 'newest' });
    const versions = [];
    for (const postgres of [oldest, newest]) {
      const [row] = await postgres.query<{ server_version: string }>('SHOW server_version');
      versions.push(row?.server_version.split('.')[0]);
    }
    if (!process.env['MILLRACE_TEST_PG_URI']) expect(versions).toEqual(['14', '18']);
    expect(versions).toHaveLength(2);
  });

  test('gives a server of its own with the settings wanted, which may be killed', async () => {
    await using postgres = await testPostgres({ settings: { max_slot_wal_keep_size: '8MB' } });
    await postgres.exec('CREATE TABLE t (id int); INSERT INTO t VALUES (1)');
    await postgres.server.kill();
    await expect(postgres.query('SELECT id FROM t')).rejects.toThrow();
    await postgres.server.restart();
    expect(await postgres.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    expect(await postgres.query('SHOW max_slot_wal_keep_size')).toEqual([{ max_slot_wal_keep_size: '8MB' }]);
  });
});

describe('testMongo', () => {
  test('gives a fresh database with transactions, and drops it with the state database of its job', async () => {
    await using other = await testMongo();
    const names: string[] = [];
    {
      await using mongo = await testMongo();
      names.push(mongo.database, `millrace_${mongo.job}`);
      await mongo.client.withSession((session) =>
        session.withTransaction(() => mongo.db.collection('t').insertOne({ a: 1 }, { session })),
      );
      await mongo.client.db(`millrace_${mongo.job}`).collection('t').insertOne({ a: 1 });
      expect(await mongo.db.collection('t').countDocuments()).toBe(1);
    }
    const { databases } = await other.client.db().admin().listDatabases();
    expect(databases.filter((database) => names.includes(database.name))).toEqual([]);
  });

  test('gives a server of its own, which may be killed', async () => {
    await using mongo = await testMongo({ dedicated: true });
    await mongo.db.collection('t').insertOne({ a: 1 }, { writeConcern: { w: 'majority', journal: true } });
    await mongo.server.kill();
    await mongo.server.restart();
    expect(await mongo.db.collection('t').countDocuments()).toBe(1);
  });
});

async function accepts(place: string): Promise<boolean> {
  const { hostname, port } = new URL(place);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket.destroy().destroyed;
}

test('testKafka gives the one broker of the run, and each time another name to begin with', async () => {
  const [one, other] = await Promise.all([testKafka(), testKafka()]);
  expect(other.brokers).toEqual(one.brokers);
  expect(other.topicPrefix).not.toBe(one.topicPrefix);
  expect(await accepts(`tcp://${one.brokers[0]}`)).toBe(true);
});

test('testRedis gives the one server of the run, and each time another name to begin with', async () => {
  const [one, other] = await Promise.all([testRedis(), testRedis()]);
  expect(other.uri).toBe(one.uri);
  expect(other.prefix).not.toBe(one.prefix);
  expect(await accepts(one.uri)).toBe(true);
});

describe('waitFor', () => {
  test('gives what the condition gives, after it threw', async () => {
    let asked = 0;
    const found = await waitFor(
      () => {
        asked++;
        if (asked === 1) throw new Error('not yet');
        return asked === 3 && 'found';
      },
      { everyMs: 1 },
    );
    expect([found, asked]).toEqual(['found', 3]);
  });

  test('gives up with the last error as the cause', async () => {
    const cause = new Error('never');
    const waiting = waitFor(() => Promise.reject(cause), { timeoutMs: 5, everyMs: 1 });
    await expect(waiting).rejects.toMatchObject({ message: expect.stringContaining('after 5 ms'), cause });
  });
});
