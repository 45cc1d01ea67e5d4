import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { ROUTES, SERVER_HEADER } from '../routes.js';
import { ApiClient } from './api-client.js';

const TOKEN = 'sixteen-letters-secret';

/** Something that answers HTTP, which need not be a console. */
async function serving(listener: RequestListener): Promise<AsyncDisposable & { url: string; client: ApiClient }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    client: new ApiClient({ url, token: TOKEN, user: 'ada' }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where nobody listens any more. */
async function gone(): Promise<{ url: string }> {
  await using server = await serving(() => undefined);
  return { url: server.url };
}

async function failureOf(
  work: Promise<unknown>,
): Promise<{ code: string; message: string; exit: number; text: string }> {
  const error = (await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as { code: string; message: string; exit: number; stack: string };
  return { code: error.code, message: error.message, exit: error.exit, text: `${error.message} ${error.stack}` };
}

const list = (client: ApiClient) => failureOf(client.call(ROUTES.listJobs));

describe('what is no console', () => {
  test.each<[string, RequestListener, string]>([
    ['a page', (_, response) => response.end('<html>'), 'SERVER_NOT_MILLRACE'],
    ['other JSON', (_, response) => response.end('{"jobs":[]}'), 'SERVER_NOT_MILLRACE'],
    ['a page that is not found', (_, response) => response.writeHead(404).end('not found'), 'SERVER_NOT_MILLRACE'],
    [
      'a way to somewhere else',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'SERVER_NOT_MILLRACE',
    ],
    ['a proxy before nothing', (_, response) => response.writeHead(502).end('<html>'), 'SERVER_UNREACHABLE'],
    ['one that hangs up', (request) => request.socket.destroy(), 'SERVER_UNREACHABLE'],
  ])('is told from one: %s', async (_, listener, code) => {
    await using other = await serving(listener);
    const failure = await list(other.client);
    expect(failure).toMatchObject({ code, exit: 1, message: expect.stringContaining(other.url) });
    expect(failure.text).not.toContain(TOKEN);
  });

  test('nobody at all is one clear error, with the reason of the system', async () => {
    const { url } = await gone();
    const away = new ApiClient({ url, token: TOKEN, user: 'ada' });
    expect(await list(away)).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: `${url} cannot be reached: ECONNREFUSED`,
    });
    const odd = new ApiClient({ url: 'http://127.0.0.1:1', user: 'ada' });
    expect(await list(odd)).toMatchObject({ message: 'http://127.0.0.1:1 cannot be reached: bad port' });
    const nowhere = new ApiClient({ url: 'http://nobody.invalid', user: 'ada' });
    expect(await list(nowhere)).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
  });

  test.each(['', 'shop', 'ftp://h', 'http://', 'http://ops:secret@h'])(
    'a URL like %p is refused without being shown',
    (url) => {
      const make = () => new ApiClient({ url, user: 'ada' });
      expect(make).toThrow(expect.objectContaining({ code: 'SERVER_URL_INVALID', exit: 2 }));
      expect(make).not.toThrow('secret');
    },
  );
});

describe('a console', () => {
  const millrace = { [SERVER_HEADER]: '1', 'content-type': 'application/json' };
  const stream = { [SERVER_HEADER]: '1', 'content-type': 'application/x-ndjson' };
  const verify = (client: ApiClient) =>
    client.result(ROUTES.verifyJob, { params: { job: 'shop' }, body: {} }, () => undefined);

  test('is called by path, token and user, also below a path of its own', async () => {
    const seen: unknown[] = [];
    await using server = await serving((request, response) => {
      const { authorization } = request.headers;
      seen.push([request.method, request.url, authorization, request.headers['x-millrace-user']]);
      response.writeHead(200, millrace).end('{}');
    });
    const client = new ApiClient({ url: `${server.url}/behind/`, token: TOKEN, user: 'Ünal' });
    const params = { job: 'shop', id: 'a/b' };
    await client.call(ROUTES.showLetter, { params, query: { limit: 1, after: 'x y', code: undefined } });
    expect(seen).toEqual([
      ['GET', '/behind/api/jobs/shop/dead-letters/a%2Fb?limit=1&after=x+y', `Bearer ${TOKEN}`, '%C3%9Cnal'],
    ]);
  });

  test('that does not take the token says so, and the token is not in it', async () => {
    const body = '{"error":{"code":"UNAUTHORIZED","message":"m","remedy":"r","exit":1}}';
    await using server = await serving((_, response) => response.writeHead(401, millrace).end(body));
    const failure = await list(server.client);
    expect(failure).toMatchObject({
      code: 'SERVER_REFUSED',
      exit: 1,
      message: expect.stringContaining('does not accept the token'),
    });
    expect(failure.text).not.toContain(TOKEN);
    const without = new ApiClient({ url: server.url, user: 'ada' });
    expect(await list(without)).toMatchObject({ message: expect.stringContaining('without a token') });
  });

  test('that fails in the middle of an answer fails the command with its error', async () => {
    const lines = '{"event":1}\n{"beat":1}\n{"error":{"code":"JOB_PAUSED","message":"m","remedy":"r","exit":1}}\n';
    await using server = await serving((_, response) => response.writeHead(200, stream).end(lines));
    expect(await failureOf(verify(server.client))).toMatchObject({ code: 'JOB_PAUSED', message: 'm' });
  });

  test.each<[string, (response: Parameters<RequestListener>[1]) => void]>([
    ['ends', (response) => void response.end('{"event":1}\n')],
    ['breaks', (response) => void response.write('{"event":1}\n', () => response.destroy())],
    ['is cut in a line', (response) => void response.end('{"result":')],
    ['is no JSON', (response) => void response.end('{"result"}\n')],
  ])('whose answer %s before its end is away', async (_, answer) => {
    await using server = await serving((_request, response) => answer(response.writeHead(200, stream)));
    expect(await failureOf(verify(server.client))).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('went away'),
    });
  });

  test('is left when the signal is raised', async () => {
    const gone = new AbortController();
    let closed: Promise<void> | undefined;
    await using server = await serving((request, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      response.writeHead(200, stream).write('{"event":1}\n');
      request.resume();
    });
    const call = { params: { job: 'shop' }, body: {}, signal: gone.signal };
    const asked = server.client.result(ROUTES.verifyJob, call, () => gone.abort());
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    await closed;
  });
});
