import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROUTES, type Route } from '#api';
import { type TestMongo, testMongo } from '#testing';
import { type Asked, asking } from './kit/api-calls.js';
import { testConsole, type TestConsole } from './kit/console.js';

/** Who may ask the console, in what form, and how it describes itself. */

const OPS = 'sixteen-letters-1';
const TOKENS = `ops:${OPS},ci:sixteen-letters-2`;
const FILE =
  'job: shop\nsource: { kind: postgres, uri: "postgres://app:hunter22-geheim@127.0.0.1:1/d" }\n' +
  'target: { uri: "mongodb://app:hunter22-geheim@127.0.0.1:1/?serverSelectionTimeoutMS=300", database: d }\ncollections: { a: { table: public.a } }\n';

let mongo: TestMongo;
let guarded: TestConsole;
let open: TestConsole;
let ask: Asked;

beforeAll(async () => {
  mongo = await testMongo();
  [guarded, open] = await Promise.all([
    testConsole(mongo, { env: {}, tokens: TOKENS }),
    testConsole(mongo, { env: {} }),
  ]);
  ask = asking(guarded.url, { authorization: `Bearer ${OPS}` });
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  await open[Symbol.asyncDispose]();
  await mongo[Symbol.asyncDispose]();
});

/** As no browser and no `fetch` would send it. */
function raw(url: string, headers: Record<string, string>, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

const paths = Object.entries(ROUTES as Record<string, Route>).map(([name, { method, path }]) => ({
  name,
  method: method.toUpperCase(),
  path: path.replace(':job', 'shop').replace(':id', 'x'),
}));

describe('a console with tokens', () => {
  test.each(paths)('$method $path takes no request without one, nor with a wrong one', async ({ method, path }) => {
    for (const authorization of [undefined, 'Bearer wrong', `Basic ${OPS}`, `Bearer ${OPS}x`, OPS, '']) {
      const answered = await asking(guarded.url, authorization === undefined ? {} : { authorization })(method, path);
      expect(answered).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHORIZED' } } });
      expect(answered.headers.get('www-authenticate')).toContain('Bearer');
      expect(answered.text).not.toContain(OPS);
    }
  });

  test('is open where it describes itself, and there alone', async () => {
    const anybody = asking(guarded.url);
    expect(await anybody('GET', '/openapi.json')).toMatchObject({ status: 200 });
    expect((await fetch(`${guarded.url}/api`)).status).toBe(200);
    expect((await fetch(`${guarded.url}/api/swagger-ui-bundle.js`)).status).toBe(200);
    for (const path of ['/openapi.json/../jobs', '/swagger-ui/../jobs', '//jobs', '/jobs/', '/JOBS', '/nothing'])
      expect({ path, status: await raw(`${guarded.url}/api${path}`, {}) }).toEqual({ path, status: 401 });
    for (const path of ['/API/jobs', '/Api/openapi.json', '/nothing', '/'])
      expect({ path, status: await raw(guarded.url + path, {}) }).toEqual({ path, status: 401 });
    expect((await anybody('POST', '/openapi.json')).status).toBe(401);
  });

  test('knows who asks by token and by the name that the client gives', async () => {
    const file = `job: ${mongo.job}\nsource: { kind: postgres, uri: "postgres://127.0.0.1:1/d" }\ntarget: { uri: "${mongo.uri}", database: d }\ncollections: { a: { table: public.a } }\n`;
    await ask('POST', '/jobs', { file, start: false }, { 'x-millrace-user': 'ada' });
    expect((await ask('GET', '/jobs')).body).toMatchObject({ jobs: [{ createdBy: 'ada via ops' }] });
    await asking(guarded.url, { authorization: 'bearer sixteen-letters-2' })('POST', `/jobs/${mongo.job}/stop`);
    expect((await ask('GET', `/jobs/${mongo.job}/audit`)).body.entries.map(({ by }) => by)).toEqual([
      'ada via ops',
      'ci',
    ]);
  });
});

describe('a console without tokens', () => {
  test('is there for this machine, and for no page of another origin', async () => {
    const { host } = new URL(open.url);
    const jobs = `${open.url}/api/jobs`;
    expect(await raw(jobs, { host })).toBe(200);
    expect(await raw(jobs, { host: `localhost:${new URL(open.url).port}` })).toBe(200);
    expect(await raw(jobs, { host, origin: open.url })).toBe(200);
    expect(await raw(jobs, { host: 'millrace.example' })).toBe(403);
    expect(await raw(jobs, { host, origin: 'https://millrace.example' })).toBe(403);
    expect(await raw(jobs, { host, origin: 'null' })).toBe(403);
    expect(await raw(`${jobs}/shop/pause`, { host, origin: 'http://127.0.0.1:1' }, 'POST')).toBe(403);
  });
});

describe('what is asked', () => {
  test.each([
    ['a body that is no JSON', '{"file":', 400, 'REQUEST_INVALID'],
    ['a body of another shape', '[]', 400, 'REQUEST_INVALID'],
    ['a field that there is not', { file: FILE, strat: false }, 400, 'REQUEST_INVALID'],
    ['a field of another type', { file: FILE, start: 'no' }, 400, 'REQUEST_INVALID'],
    ['a body beyond 4 MB', { file: 'x'.repeat(4 * 1024 * 1024) }, 413, 'REQUEST_TOO_LARGE'],
    ['a file that is too large', { file: 'x'.repeat(1_500_000) }, 400, 'REQUEST_INVALID'],
  ])('%s is refused', async (_, body, status, code) => {
    const answered = await ask('POST', '/jobs', body);
    expect(answered).toMatchObject({ status, body: { error: { code } } });
    expect(answered.text).not.toMatch(/\n? {4}at |node_modules/);
    expect(answered.text.length).toBeLessThan(2_000);
  });

  test.each([
    ['a form', 'application/x-www-form-urlencoded', 'file=x'],
    ['a text', 'text/plain', '{"file":"x"}'],
  ])('%s is no JSON', async (_, type, body) => {
    expect(await ask('POST', '/jobs', body, { 'content-type': type })).toMatchObject({
      status: expect.any(Number),
      body: { error: { code: expect.stringMatching(/REQUEST_/) } },
    });
  });

  test.each([
    ['GET', '/nothing'],
    ['GET', '/jobs/shop/nothing'],
    ['PUT', '/jobs'],
    ['GET', '/jobs/a/b/c/d'],
  ])('%s %s is no route', async (method, path) => {
    expect(await ask(method, path)).toMatchObject({ status: 404, body: { error: { code: 'ROUTE_UNKNOWN' } } });
    expect(await raw(`${guarded.url}/nothing`, { authorization: `Bearer ${OPS}` })).toBe(404);
  });

  test.each(['Shop', 'a'.repeat(41), '%24where', 'a.b', '%00'])('a job cannot be named %s', async (name) => {
    expect(await ask('GET', `/jobs/${name}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'REQUEST_INVALID' } },
    });
  });

  test('a URL that cannot be decoded is refused', async () => {
    expect(await raw(`${guarded.url}/api/jobs/%E0%A4%A`, { authorization: `Bearer ${OPS}` })).toBe(400);
  });
});

describe('what is answered', () => {
  test('has headers that keep it where it belongs', async () => {
    for (const answered of [
      await ask('GET', '/jobs'),
      await ask('GET', '/nothing'),
      await asking(guarded.url)('GET', '/jobs'),
    ]) {
      expect(Object.fromEntries(answered.headers)).toMatchObject({
        'x-millrace-api': '1',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-type': expect.stringContaining('application/json'),
      });
      expect(answered.headers.get('x-powered-by')).toBeNull();
      expect(answered.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('has no secrets in it, where servers are away', async () => {
    await ask('POST', '/jobs', { file: FILE, start: false });
    const checked = await ask('POST', '/check', { file: FILE });
    expect(checked).toMatchObject({
      status: 200,
      body: { findings: expect.arrayContaining([expect.objectContaining({ code: 'SOURCE_UNREACHABLE' })]) },
    });
    const status = await ask('GET', '/jobs/shop');
    expect(status).toMatchObject({ status: 503, body: { error: { code: 'TARGET_UNREACHABLE' } } });
    const previewed = await ask('POST', '/preview', { file: FILE }, { accept: 'application/x-ndjson' });
    expect(previewed).toMatchObject({ status: 503 });
    for (const { text } of [checked, status, previewed]) expect(text).not.toContain('hunter22');
    for (const line of guarded.log) expect(line).not.toContain('hunter22');
  });
});
