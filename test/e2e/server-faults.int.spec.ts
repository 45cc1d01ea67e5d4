import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { makeCertificates, type TestMongo, type TestPostgres, testMongo, testPostgres, waitFor } from '#testing';
import { testConsole, type TestConsole } from './kit/console.js';
import { startMillrace } from './kit/processes.js';
import { envOf, jobText, SCHEMA } from './kit/shop.js';
import { type CliContext, cliContext } from './run-cli.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** What can be wrong on the way from the command line to a console. */

const TOKEN = 'sixteen-letters-1';

let postgres: TestPostgres;
let mongo: TestMongo;
let cli: CliContext;
let here: TestConsole;
let file: string;

beforeAll(async () => {
  [postgres, mongo, cli] = await Promise.all([testPostgres(), testMongo(), cliContext()]);
  await postgres.exec(SCHEMA);
  here = await testConsole(mongo, { env: envOf(postgres, mongo), tokens: `ops:${TOKEN}` });
  file = await cli.file('shop.yaml', jobText(mongo.job, `${mongo.job}_t`));
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await mongo.client.db(`${mongo.job}_t`).dropDatabase();
  await postgres[Symbol.asyncDispose]();
  await mongo[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

test('a token is taken from the environment or from a file, and is never shown', async () => {
  const ask = async (env: Record<string, string>) => {
    const asked = await cli.run(['jobs', 'list', '--server', here.url, '--json'], env);
    for (const value of [TOKEN, 'wrong-token-of-mine']) expect(asked.out + asked.err).not.toContain(value);
    return asked;
  };
  expect(await ask({ MILLRACE_TOKEN: TOKEN })).toMatchObject({ code: 0, json: [[]] });
  const secret = await cli.file('token', `${TOKEN}\n`);
  expect(await ask({ MILLRACE_TOKEN_FILE: secret })).toMatchObject({ code: 0 });
  expect(await ask({ MILLRACE_TOKEN_FILE: `${secret}.not` })).toMatchObject({
    code: 2,
    json: [{ error: { code: 'SETTINGS_INVALID' } }],
  });
  for (const env of [{}, { MILLRACE_TOKEN: 'wrong-token-of-mine' }])
    expect(await ask(env as Record<string, string>)).toMatchObject({
      code: 1,
      json: [{ error: { code: 'SERVER_REFUSED' } }],
    });
});

test('a server that is away, or is something else, ends each command with one clear error', async () => {
  const nobody = (await mongo.client.db('admin').command({ ping: 1 })) && new URL(mongo.uri).host;
  for (const args of [
    ['status', file],
    ['verify', file],
    ['preview', file],
    ['jobs', 'list'],
    ['run', file],
    ['run', '--until-synced', file],
  ]) {
    const away = await cli.run([...args, '--server', 'http://127.0.0.1:9'], {});
    expect(away).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error SERVER_UNREACHABLE: .*\n {2}Check URL and network.*\n$/),
    });
    const other = await cli.run([...args, '--server', `http://${nobody}`], {});
    expect(other).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error SERVER_(?:NOT_MILLRACE|UNREACHABLE): .*\n.*\n$/),
    });
  }
  expect(await cli.run(['status', file, '--server', 'millrace.example'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('SERVER_URL_INVALID'),
  });
});

test('TLS is by the URL, and an authority of ones own by NODE_EXTRA_CA_CERTS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  try {
    makeCertificates(folder, { server: 'DNS:localhost' });
    const keys = { key: readFileSync(join(folder, 'server.key')), cert: readFileSync(join(folder, 'server.crt')) };
    const proxy = createServer(keys, (incoming, outgoing) => {
      const passed = request(
        here.url + incoming.url,
        { method: incoming.method, headers: incoming.headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        },
      );
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => proxy.listen(0, 'localhost', resolve));
    const env = {
      MILLRACE_SERVER: `https://localhost:${(proxy.address() as AddressInfo).port}`,
      MILLRACE_TOKEN: TOKEN,
    };
    await using trusting = startMillrace(['jobs', 'list', '--json'], {
      ...env,
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt'),
    });
    expect(await trusting.ended).toMatchObject({ code: 0 });
    expect(trusting.out).toBe('[]\n');
    await using wary = startMillrace(['jobs', 'list'], env);
    expect(await wary.ended).toMatchObject({ code: 1 });
    expect(wary.err).toMatch(/SERVER_UNREACHABLE: .*UNABLE_TO|SERVER_UNREACHABLE: .*SELF_SIGNED/);
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a console that goes away while a job is watched is waited for, and the job goes on', async () => {
  const env = { MILLRACE_TOKEN: TOKEN };
  const port = Number(new URL(here.url).port);
  const others = { env: envOf(postgres, mongo), tokens: `ops:${TOKEN}` };
  await using runner = await testConsole(mongo, others);
  await using _ = runner.ingest();
  const watching = cli.start(['run', file, '--server', here.url], env);
  await waitFor(() => watching.host.err.includes('following changes') || undefined, SLOWLY);
  await here[Symbol.asyncDispose]();
  await waitFor(() => watching.host.err.includes('retrying:') || undefined, SLOWLY);
  here = await testConsole(mongo, { ...others, port });
  await waitFor(() => watching.host.err.includes('recovered') || undefined, SLOWLY);
  watching.host.send('SIGTERM');
  expect(await watching.ended).toBe(0);
  expect(await cli.run(['reset', mongo.job, '--yes', '--server', here.url], env)).toMatchObject({ code: 0 });
});
