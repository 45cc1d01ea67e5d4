import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { EXIT } from '#errors';
import { startMongo } from '#servers';
import { openMongoStore } from './open-mongo-store.js';

/** A target that demands TLS; its certificate is for 127.0.0.1, signed by an authority of the test's own. */
describe('a target that demands TLS', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startMongo>>;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-mongo-tls-'));
    makeCertificates(folder);
    const files = ['--tlsCertificateKeyFile', at('server.pem'), '--tlsCAFile', at('ca.crt')];
    server = await startMongo({
      args: ['--tlsMode', 'allowTLS', ...files, '--tlsAllowConnectionsWithoutCertificates'],
    });
    const client = await new MongoClient(server.uri).connect();
    for (const tlsMode of ['preferTLS', 'requireTLS']) await client.db('admin').command({ setParameter: 1, tlsMode });
    await client.close();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  const open = (options: string) =>
    openMongoStore({
      uri: `${server.uri}${options}`,
      stateDatabase: 'millrace_tls',
      targetDatabase: 'tls',
      appName: 'test',
      serverSelectionTimeoutMs: 2_000,
    });

  test('is written to over TLS, where the authority is named', async () => {
    const store = await open(`&tls=true&tlsCAFile=${encodeURIComponent(at('ca.crt'))}`);
    await store.write.insert({ database: 'target', name: 't' }, [{ _id: 1 }]);
    expect(await store.read.byId({ database: 'target', name: 't' }, 1)).toEqual({ _id: 1 });
    await store.close();
  });

  test.each([
    ['no authority is named', () => '&tls=true'],
    ['another authority is named', () => `&tls=true&tlsCAFile=${encodeURIComponent(at('other.crt'))}`],
  ])('is not trusted where %s', async (_, options) => {
    await expect(open(options())).rejects.toMatchObject({ code: 'TARGET_TLS_FAILED', exit: EXIT.blocked });
  });

  test('says that it may demand TLS where the URI does not ask for it', async () => {
    await expect(open('')).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
      message: expect.stringContaining('tls=true'),
    });
  });
});

function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  for (const authority of ['ca', 'other'])
    openssl(
      'req',
      '-x509',
      ...key,
      '-days',
      '2',
      '-subj',
      `/CN=${authority}`,
      '-keyout',
      `${authority}.key`,
      '-out',
      `${authority}.crt`,
    );
  writeFileSync(join(folder, 'server.ext'), 'subjectAltName=IP:127.0.0.1\n');
  openssl('req', ...key, '-subj', '/CN=server', '-keyout', 'server.key', '-out', 'server.csr');
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'server.ext'];
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.crt');
  const pem = ['server.crt', 'server.key'].map((name) => readFileSync(join(folder, name), 'utf8')).join('');
  writeFileSync(join(folder, 'server.pem'), pem);
}
