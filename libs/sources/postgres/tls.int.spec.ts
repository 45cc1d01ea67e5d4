import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '#servers';
import { makeCertificates } from '#testing';
import { PostgresConnections } from './connection.js';

/** A server with TLS whose certificate is for `localhost`, signed by an authority of the test's own. */
describe('TLS and authentication as libpq means them', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startPostgres>>;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
    makeCertificates(folder, { server: 'DNS:localhost', cert: 'DNS:cert' });
    server = await startPostgres({ settings: { listen_addresses: '127.0.0.1' } });
    await onServer('sslmode=disable', async (connections) => {
      for (const role of ['scram', 'tlsonly', 'clearonly', 'cert'])
        await connections.execute(`CREATE ROLE ${role} LOGIN PASSWORD 'pass:wörd'`);
    });
    const owner = statSync(server.dataDir);
    for (const name of ['server.crt', 'server.key', 'ca.crt']) {
      const target = join(server.dataDir, name);
      writeFileSync(target, readFileSync(at(name)));
      chmodSync(target, 0o600);
      chownSync(target, owner.uid, owner.gid);
    }
    writeFileSync(
      join(server.dataDir, 'postgresql.auto.conf'),
      "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.crt'\n",
    );
    writeFileSync(
      join(server.dataDir, 'pg_hba.conf'),
      [
        'host all scram 127.0.0.1/32 scram-sha-256',
        'hostssl all tlsonly 127.0.0.1/32 trust',
        'hostnossl all clearonly 127.0.0.1/32 trust',
        'hostssl all cert 127.0.0.1/32 cert',
        'host all postgres 127.0.0.1/32 trust',
        '',
      ].join('\n'),
    );
    await server.restart();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  async function onServer<T>(
    query: string,
    run: (connections: PostgresConnections) => Promise<T>,
    user = 'postgres',
    host = '127.0.0.1',
  ): Promise<T> {
    const connections = new PostgresConnections(`postgresql://${user}@${host}:${server.port}/postgres?${query}`, {
      connectTimeoutMs: 5_000,
    });
    try {
      return await run(connections);
    } finally {
      await connections.close();
    }
  }

  function encrypted(query: string, user?: string, host?: string): Promise<boolean> {
    return onServer(
      query,
      async (connections) => {
        const [row] = await connections.query<{ ssl: boolean }>(
          'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
        );
        return row?.ssl === true;
      },
      user,
      host,
    );
  }

  test.each([
    ['', true],
    ['sslmode=disable', false],
    ['sslmode=allow', false],
    ['sslmode=prefer', true],
    ['sslmode=require', true],
    ['ssl=true', true],
  ])('encrypts without asking who it is, or not at all: %s', async (query, expected) => {
    expect(await encrypted(query)).toBe(expected);
  });

  test('goes the other way where pg_hba.conf wants it, but only where the mode allows', async () => {
    expect(await encrypted('sslmode=prefer', 'clearonly')).toBe(false);
    expect(await encrypted('sslmode=allow', 'tlsonly')).toBe(true);
    await expect(encrypted('sslmode=require', 'clearonly')).rejects.toMatchObject({
      code: 'SOURCE_AUTHENTICATION_FAILED',
      retriable: false,
    });
    await expect(encrypted('sslmode=disable', 'tlsonly')).rejects.toMatchObject({
      code: 'SOURCE_AUTHENTICATION_FAILED',
      retriable: false,
    });
  });

  test('verify-ca and require with an authority check the chain, not the name', async () => {
    for (const mode of ['verify-ca', 'require']) {
      expect(await encrypted(`sslmode=${mode}&sslrootcert=${at('ca.crt')}`)).toBe(true);
      await expect(encrypted(`sslmode=${mode}&sslrootcert=${at('other.crt')}`)).rejects.toMatchObject({
        code: 'SOURCE_TLS_FAILED',
        retriable: false,
        exit: 4,
      });
    }
  });

  test('verify-full checks the name, too, also where it is an address', async () => {
    expect(
      await encrypted(`sslmode=verify-full&sslrootcert=${at('ca.crt')}&hostaddr=127.0.0.1`, 'postgres', 'localhost'),
    ).toBe(true);
    await expect(encrypted(`sslmode=verify-full&sslrootcert=${at('ca.crt')}`)).rejects.toMatchObject({
      code: 'SOURCE_TLS_FAILED',
    });
    await expect(
      encrypted(`sslmode=verify-full&sslrootcert=${at('ca.crt')}&hostaddr=127.0.0.1`, 'postgres', 'elsewhere.example'),
    ).rejects.toMatchObject({ code: 'SOURCE_TLS_FAILED' });
    await expect(encrypted('sslmode=verify-full&hostaddr=127.0.0.1', 'postgres', 'localhost')).rejects.toMatchObject({
      code: 'SOURCE_TLS_FAILED',
    });
  });

  test('a client certificate logs in', async () => {
    expect(await encrypted(`sslmode=require&sslcert=${at('cert.crt')}&sslkey=${at('cert.key')}`, 'cert')).toBe(true);
    await expect(encrypted('sslmode=require', 'cert')).rejects.toMatchObject({ code: 'SOURCE_AUTHENTICATION_FAILED' });
  });

  test('a certificate file that is not there is a mistake of the job file', async () => {
    await expect(encrypted(`sslmode=verify-ca&sslrootcert=${at('nothing')}`)).rejects.toMatchObject({
      code: 'SOURCE_URI',
      exit: 2,
    });
  });

  test('a password is checked, a wrong or missing one refused for good, and never shown', async () => {
    const password = encodeURIComponent('pass:wörd');
    expect(await encrypted('sslmode=disable', `scram:${password}`)).toBe(false);
    expect(await encrypted('sslmode=require&channel_binding=require', `scram:${password}`)).toBe(true);
    for (const user of ['scram:hunter2', 'scram']) {
      const refusal = await encrypted('', user).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'SOURCE_AUTHENTICATION_FAILED', retriable: false, exit: 4 });
      expect(String(refusal)).not.toContain('hunter2');
    }
    await expect(encrypted('sslmode=disable&channel_binding=require', `scram:${password}`)).rejects.toMatchObject({
      code: 'SOURCE_AUTHENTICATION_FAILED',
    });
  });

  test('replication sessions are encrypted, too', async () => {
    await onServer(`sslmode=verify-ca&sslrootcert=${at('ca.crt')}`, async (connections) => {
      const client = await connections.replicationClient();
      expect((await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([
        { ssl: true },
      ]);
    });
  });
});
