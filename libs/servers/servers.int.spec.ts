import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { waitFor } from '#testing';
import { type Server, serverErrors, startMongo, startPostgres } from './index.js';
import { childrenOf, isAlive } from './process-tree.js';

async function ask(server: Server, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.uri });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function withMongo<T>(server: Server, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await new MongoClient(server.uri).connect();
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describe('PostgreSQL', () => {
  test('allows logical replication and listens on the loopback interface only', async () => {
    await using server = await startPostgres();
    expect(await ask(server, 'SHOW wal_level')).toEqual(['logical']);
    expect(await ask(server, 'SHOW listen_addresses')).toEqual(['127.0.0.1']);
    const [slots] = await ask(server, 'SHOW max_replication_slots');
    expect(Number(slots)).toBeGreaterThanOrEqual(20);
  });

  test('leaves no process and no folder when it stops', async () => {
    const server = await startPostgres();
    const pids = [server.pid, ...(await childrenOf(server.pid))];
    expect(pids.length).toBeGreaterThan(1);
    await server.stop();
    await server.stop();
    await waitFor(() => !pids.some(isAlive));
    expect(existsSync(dirname(server.dataDir))).toBe(false);
  });

  test('keeps the data when it is killed and started again, on the same port', async () => {
    await using server = await startPostgres();
    await ask(server, 'CREATE TABLE t AS SELECT 1 AS id');
    const pids = [server.pid, ...(await childrenOf(server.pid))];
    await server.kill();
    expect(pids.some(isAlive)).toBe(false);
    await expect(ask(server, 'SELECT id FROM t')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.restart();
    expect(await ask(server, 'SELECT id FROM t')).toEqual([1]);
    expect(pids).not.toContain(server.pid);
  });

  test('keeps a data folder that the caller gave, for the next server on it', async () => {
    const dataDir = join(tmpdir(), `millrace-spec-${process.pid}-${Date.now()}`);
    try {
      const first = await startPostgres({ dataDir });
      await ask(first, 'CREATE TABLE t (id int)');
      await first.stop();
      await using second = await startPostgres({ dataDir });
      expect(await ask(second, 'SELECT count(*)::int FROM t')).toEqual([0]);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  test('says its last words when it cannot start', async () => {
    const starting = startPostgres({ settings: { wal_level: 'nonsense' } });
    await expect(starting).rejects.toMatchObject({
      code: serverErrors.SERVER_FAILED.code,
      message: expect.stringContaining('nonsense'),
    });
  });
});

describe('MongoDB', () => {
  test('is a replica set with transactions, keeps data through kill and restart, and leaves nothing', async () => {
    const server = await startMongo();
    await withMongo(server, (client) =>
      client.withSession((session) =>
        session.withTransaction(() => client.db('d').collection('t').insertOne({ a: 1 }, { session })),
      ),
    );
    const first = server.pid;
    await server.kill();
    expect(isAlive(first)).toBe(false);
    await server.restart();
    expect(await withMongo(server, (client) => client.db('d').collection('t').countDocuments())).toBe(1);
    const second = server.pid;
    await server.stop();
    expect(isAlive(second)).toBe(false);
    expect(existsSync(dirname(server.dataDir))).toBe(false);
  });

  test('is primary again on a data folder that the caller gave, on another port', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-spec-'));
    try {
      const first = await startMongo({ dataDir });
      await withMongo(first, (client) => client.db('d').collection('t').insertOne({ a: 1 }));
      await first.stop();
      await using second = await startMongo({ dataDir });
      expect(second.port).not.toBe(first.port);
      expect(await withMongo(second, (client) => client.db('d').collection('t').countDocuments())).toBe(1);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe('an owner that is killed', () => {
  test('takes its server with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-spec-'));
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const gone = new Promise((resolve) => owner.once('exit', resolve));
    const server = await startPostgres({ owner: { pid: owner.pid ?? 0, folder } });
    const { pid } = server;
    expect(isAlive(pid)).toBe(true);
    owner.kill('SIGKILL');
    await gone;
    await waitFor(() => !isAlive(pid) && !existsSync(dirname(server.dataDir)));
    await rm(folder, { recursive: true });
  });

  test('may be a folder, whose removal ends the server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-spec-'));
    const server = await startPostgres({ owner: { pid: process.pid, folder } });
    const pid = Number(await readFile(join(dirname(server.dataDir), 'server.pid'), 'utf8'));
    expect(pid).toBe(server.pid);
    await rm(folder, { recursive: true });
    await waitFor(() => !isAlive(pid) && !existsSync(dirname(server.dataDir)));
  });
});

describe('a system without servers and registries', () => {
  const { PATH, MILLRACE_CACHE_DIR } = process.env;
  let cache = '';

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'millrace-spec-'));
    process.env['PATH'] = '';
    process.env['MILLRACE_CACHE_DIR'] = cache;
  });

  afterEach(async () => {
    process.env['PATH'] = PATH;
    if (MILLRACE_CACHE_DIR === undefined) delete process.env['MILLRACE_CACHE_DIR'];
    else process.env['MILLRACE_CACHE_DIR'] = MILLRACE_CACHE_DIR;
    await rm(cache, { recursive: true });
  });

  test('is told which PostgreSQL is missing and how to get it', async () => {
    const starting = startPostgres({ version: '14' });
    await expect(starting).rejects.toMatchObject({
      code: serverErrors.SERVER_UNAVAILABLE.code,
      message: expect.stringMatching(/No PostgreSQL 14 .*apt-get install postgresql-14.*npm/s),
    });
  });

  test('is told which MongoDB is missing and how to get it', async () => {
    const usual = ['/usr/bin/mongod', '/usr/local/bin/mongod', '/opt/homebrew/bin/mongod'];
    if (usual.some(existsSync)) return;
    await expect(startMongo()).rejects.toMatchObject({
      code: serverErrors.SERVER_UNAVAILABLE.code,
      message: expect.stringMatching(/mongod on PATH.*python3 is not on PATH.*npm is not on PATH.*PyPI/s),
    });
  });
});
