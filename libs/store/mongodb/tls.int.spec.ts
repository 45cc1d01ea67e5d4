import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { EXIT } from '#errors';
import { startMongo } from '#servers';
import { makeCertificates } from '#testing';
import { openMongoStore } from './open-mongo-store.js';

/** A target that demands TLS; its certificate is for 127.0.0.1, signed by an authority of the test's own. */
describe('a target that demands TLS', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startMongo>>;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-mongo-tls-'));
    makeCertificates(folder, { server: 'IP:127.0.0.1' });
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
