import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { REAL_JOB_TIMERS } from '#compose';
import { openMongoStore } from '#store/mongodb';
import { type TestMongo, type TestPostgres, testMongo, testPostgres, waitFor } from '#testing';
import { Lease } from '../../libs/job/lease.js';
import { type Asked, asking } from './kit/api-calls.js';
import { testConsole, type TestConsole } from './kit/console.js';
import { presentNames } from './kit/incarnation.js';
import { ODD_COLLECTION, ODD_SCHEMA } from './kit/odd.js';
import { envOf, expectShop, jobText, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** The routes of the console, one by one, as a program without Millrace calls them; in the order of a job's life. */

const NDJSON = { accept: 'application/x-ndjson' };

let postgres: TestPostgres;
let mongo: TestMongo;
let here: TestConsole;
let ask: Asked;
let job: string;
let file: string;

beforeAll(async () => {
  [postgres, mongo] = await Promise.all([testPostgres(), testMongo()]);
  await postgres.exec(SCHEMA + ODD_SCHEMA);
  here = await testConsole(mongo, { env: envOf(postgres, mongo) });
  ask = asking(here.url);
  job = mongo.job;
  file = jobText(job, `${job}_t`) + ODD_COLLECTION;
});
afterAll(async () => {
  expect(here.log).toEqual([]);
  await mongo.client.db(`${job}_t`).dropDatabase();
  await here[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await mongo[Symbol.asyncDispose]();
});

describe('a job of the list', () => {
  test('is created once, and keeps the variables of its file', async () => {
    const created = await ask(
      'POST',
      '/jobs',
      { file, fileName: 'shop.yaml', start: false },
      { 'x-millrace-user': 'ada' },
    );
    expect(created).toMatchObject({ status: 201, body: { job, wanted: 'stopped', ended: null, createdBy: 'ada' } });
    expect(await ask('POST', '/jobs', { file, start: false })).toMatchObject({
      status: 201,
      body: { createdBy: 'ada' },
    });
    const other = { file: file.replace('orders:', 'bought:') };
    expect(await ask('POST', '/jobs', other)).toMatchObject({ status: 409, body: { error: { code: 'JOB_EXISTS' } } });
    expect(await ask('GET', '/jobs')).toMatchObject({ status: 200, body: { jobs: [{ job }] } });
    const kept = await ask('GET', `/jobs/${job}/file`);
    expect(kept.body).toEqual({ file, fileName: 'shop.yaml' });
    expect(kept.text).toContain('${PG}');
  });

  test('is not created of a file with mistakes, which are told all at once', async () => {
    const { status, body } = await ask('POST', '/jobs', {
      file: `${file}  more: { table: public.nobody, idd: id }\nmodus: x\n`,
    });
    expect(status).toBe(422);
    expect(body.error).toMatchObject({ code: 'JOB_FILE_INVALID', exit: 2 });
    expect(body.error.problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ file: 'job.yaml', line: expect.any(Number), column: expect.any(Number) }),
      ]),
    );
    expect(body.error.problems.length).toBeGreaterThan(1);
  });

  test('that has never run has a status, and nothing for what needs its documents', async () => {
    expect(await ask('GET', `/jobs/${job}`)).toMatchObject({
      status: 200,
      body: { job, phase: 'none', running: false, wanted: 'stopped' },
    });
    for (const path of ['verify', 'pause', 'resume', 'complete'])
      expect(await ask('POST', `/jobs/${job}/${path}`, path === 'verify' ? {} : undefined)).toMatchObject({
        status: 404,
        body: { error: { code: 'JOB_UNKNOWN' } },
      });
    expect(await ask('GET', `/jobs/${job}/dead-letters`)).toMatchObject({
      status: 200,
      body: { letters: [], next: null },
    });
  });

  test('is checked and previewed, and so is a file that is of no job yet', async () => {
    for (const body of [{ job }, { file }]) {
      const { findings } = (await ask('POST', '/check', body)).body;
      expect(findings).toEqual(
        expect.arrayContaining([expect.objectContaining({ severity: expect.any(String), code: expect.any(String) })]),
      );
      const preview = await ask('POST', '/preview', { ...body, collection: 'customers', limit: 1 });
      const document = { _id: { $numberInt: '1' }, name: 'customer 1', orders: expect.any(Array) };
      expect(preview.body).toEqual({ documents: [{ collection: 'customers', document }], count: 1 });
    }
    const lines = (await ask('POST', '/preview', { job, limit: 2 }, NDJSON)).lines;
    expect(lines.flatMap(Object.keys)).toEqual([...Array(8).fill('event'), 'result']);
    expect(lines.at(-1)).toEqual({ result: { count: 8 } });
  });

  test('is run until synced, line by line', async () => {
    await using _ = here.ingest();
    const { status, lines } = await ask('POST', `/jobs/${job}/run`, { untilSynced: true }, NDJSON);
    expect({ status, last: lines.at(-1) }).toEqual({ status: 200, last: { result: { kind: 'done' } } });
    expect(lines).toContainEqual({ event: { kind: 'phase', phase: 'streaming' } });
    await expectShop(postgres, mongo.client.db(`${job}_t`));
    const again = await ask('POST', `/jobs/${job}/run`, { untilSynced: true });
    expect(again).toMatchObject({ status: 200, body: { kind: 'done' } });
    expect(await ask('GET', `/jobs/${job}`)).toMatchObject({
      body: { phase: 'streaming', running: true, wanted: 'running', lagSeconds: expect.any(Number) },
    });
    expect((await ask('POST', `/jobs/${job}/verify`, {})).body).toMatchObject({
      different: 0,
      missing: 0,
      extra: 0,
      deadLetters: 1,
    });
    const { lines: verified } = await ask(
      'POST',
      `/jobs/${job}/verify`,
      { collection: 'orders', repair: true },
      NDJSON,
    );
    expect(verified.at(-1)).toMatchObject({ result: { deadLetters: 0, equal: expect.any(Number) } });
  });

  test('is paused and goes on; what has to catch up is refused meanwhile', async () => {
    await using _ = here.ingest();
    await waitFor(async () => (await ask('GET', `/jobs/${job}`)).body.running, SLOWLY);
    expect(await ask('POST', `/jobs/${job}/pause`)).toMatchObject({ status: 200, body: { done: true } });
    expect((await ask('GET', `/jobs/${job}`)).body.phase).toBe('paused');
    expect(await ask('POST', `/jobs/${job}/verify`, {})).toMatchObject({
      status: 409,
      body: { error: { code: 'JOB_PAUSED' } },
    });
    const { lines } = await ask('POST', `/jobs/${job}/run`, { untilSynced: true }, NDJSON);
    expect(lines.at(-1)).toMatchObject({ error: { code: 'JOB_PAUSED', exit: 1 } });
    expect(await ask('POST', `/jobs/${job}/resume`)).toMatchObject({ status: 200 });
    expect((await ask('GET', `/jobs/${job}`)).body.phase).toBe('streaming');
  });

  test('is watched until it stops', async () => {
    await using _ = here.ingest();
    const watching = ask('GET', `/jobs/${job}/events`, undefined, NDJSON);
    await waitFor(async () => (await ask('GET', `/jobs/${job}`)).body.running, SLOWLY);
    expect(await ask('POST', `/jobs/${job}/stop`)).toMatchObject({ status: 200, body: { wanted: 'stopped' } });
    const { lines } = await watching;
    expect(lines[0]).toEqual({ event: { kind: 'phase', phase: 'streaming' } });
    expect(lines.at(-1)).toEqual({ result: { kind: 'stopped', synced: false } });
  });

  test('has another file when it is sent one of its own name', async () => {
    const path = `/jobs/${job}/file`;
    expect(await ask('PUT', path, { file: jobText('other', 'd') })).toMatchObject({
      status: 400,
      body: { error: { code: 'JOB_NAME_DIFFERS' } },
    });
    expect(await ask('PUT', path, { file: 'job: 1' })).toMatchObject({ status: 422 });
    expect(await ask('PUT', path, { file: `# the same\n${file}`, fileName: 'x.yaml' })).toMatchObject({
      status: 200,
      body: { fileName: 'x.yaml' },
    });
    expect((await ask('GET', path)).body.file).toBe(`# the same\n${file}`);
  });
});

describe('dead letters', () => {
  const letters = (query = '') => ask('GET', `/jobs/${job}/dead-letters${query}`);
  const letterId = async (): Promise<string> => (await letters()).body.letters[0]!.id;

  test('are listed by what they are of', async () => {
    expect((await letters('?code=NUMERIC_TOO_LARGE&collection=odd&text=ODD.N')).body).toMatchObject({
      letters: [{ collection: 'odd', key: { id: '2' }, code: 'NUMERIC_TOO_LARGE' }],
      next: null,
    });
    expect((await letters('?collection=orders')).body.letters).toEqual([]);
    expect(await letters('?limit=0')).toMatchObject({ status: 400 });
    expect(await letters('?colection=odd')).toMatchObject({
      status: 400,
      body: { error: { code: 'REQUEST_INVALID' } },
    });
  });

  test('are shown side by side, edited, replayed by a filter, and what was done is on record', async () => {
    const id = await letterId();
    const show = () => ask('GET', `/jobs/${job}/dead-letters/${id}`);
    expect((await show()).body).toMatchObject({
      document: null,
      replay: { document: null, code: 'NUMERIC_TOO_LARGE' },
      difference: null,
    });
    const edit = (columns: unknown) =>
      ask('PATCH', `/jobs/${job}/dead-letters/${id}`, { columns }, { 'x-millrace-user': encodeURIComponent('Ünal\n') });
    expect(await edit({})).toMatchObject({ status: 400 });
    expect(await edit({ id: '7' })).toMatchObject({ status: 400, body: { error: { code: 'EDIT_REFUSED' } } });
    const row = { table: 'public.odd', key: { id: '2' }, row: { n: '9'.repeat(40) } };
    expect(await edit({ n: '1.5' })).toMatchObject({ status: 200, body: { done: true, ...row } });
    expect((await show()).body).toMatchObject({
      edited: { n: '1.5' },
      replay: { document: { _id: { $numberInt: '2' }, n: { $numberDecimal: '1.5' } } },
      difference: expect.arrayContaining([{ path: 'n', kind: 'added' }]),
    });
    const replay = (body: unknown) => ask('POST', `/jobs/${job}/dead-letters/replay`, body);
    expect(await replay({ ids: [id], all: true })).toMatchObject({ status: 400 });
    expect((await replay({ filter: { code: 'NOBODY' } })).body).toEqual({ replayed: 0, cleared: 0, remaining: 0 });
    const filter = { collection: 'odd' };
    expect((await replay({ filter, dryRun: true })).body).toMatchObject({
      remaining: 1,
      documents: [{ id, document: { n: { $numberDecimal: '1.5' } } }],
    });
    expect((await replay({ filter })).body).toEqual({ replayed: 1, cleared: 1, remaining: 0 });
    expect(await show()).toMatchObject({ status: 404, body: { error: { code: 'LETTER_UNKNOWN' } } });
    const { entries } = (await ask('GET', `/jobs/${job}/audit?limit=1000`)).body;
    expect(entries.map(({ action, by }) => `${action} ${by}`)).toEqual(
      expect.arrayContaining(['create ada', 'run console', 'pause console', 'edit Ünal', 'replay console']),
    );
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort());
    const pages: unknown[] = [];
    for (let after = ''; ; ) {
      const page = (await ask('GET', `/jobs/${job}/audit?limit=3${after}`)).body;
      pages.push(...page.entries);
      if (page.next === null) break;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
    expect(pages).toEqual(entries);
  });

  test('are discarded with a reason', async () => {
    await postgres.exec(`INSERT INTO odd (id, n) VALUES (3, ${'8'.repeat(40)})`);
    await ask('POST', `/jobs/${job}/verify`, {});
    const id = await letterId();
    const discard = { ids: [id], reason: 'test data' };
    expect((await ask('POST', `/jobs/${job}/dead-letters/discard`, discard)).body).toEqual({ discarded: 1 });
    expect((await letters()).body.letters).toEqual([]);
    const { entries } = (await ask('GET', `/jobs/${job}/audit?limit=1000`)).body;
    expect(entries.at(-1)).toMatchObject({ action: 'discard', letter: id, details: { reason: 'test data' } });
  });

  test('come in pages, ten thousand of them', async () => {
    const { letters: kept } = await presentNames(mongo, job);
    const many = mongo.client.db(`millrace_${job}`).collection<{ _id: string }>(kept.name);
    const at = new Date(0);
    const made = Array.from({ length: 10_000 }, (_, n) => ({
      _id: `many${String(n).padStart(12, '0')}`,
      ...{ collection: 'orders', collectionIndex: 0, root: `N${n}`, key: { id: String(n) }, code: 'MANY', message: '' },
      ...{ path: null, row: null, attempts: 1, firstAt: at, lastAt: at, nextAt: null, waits: null, partition: 0 },
    }));
    await many.insertMany(made);
    const ids: string[] = [];
    for (let after = ''; ; ) {
      const page = (await letters(`?code=MANY&limit=1000${after}`)).body;
      expect(page.letters.length).toBeLessThanOrEqual(1000);
      ids.push(...page.letters.map(({ id }) => id));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(ids).toEqual(made.map(({ _id }) => _id));
    await many.deleteMany({ code: 'MANY' });
  });
});

describe('what a client asked that has gone', () => {
  test('is withdrawn from the process that runs the job; until then there are beats', async () => {
    const { uri, database } = mongo;
    const store = await openMongoStore({
      uri,
      stateDatabase: `millrace_${job}`,
      targetDatabase: database,
      appName: 'holder',
    });
    const lease = new Lease(store, REAL_JOB_TIMERS);
    await lease.acquire(15_000, () => undefined, new AbortController().signal);
    try {
      const requests = mongo.client.db(`millrace_${job}`).collection('requests');
      const gone = new AbortController();
      const response = await fetch(`${here.url}/api/jobs/${job}/verify`, {
        method: 'POST',
        headers: { ...NDJSON, 'content-type': 'application/json' },
        body: '{}',
        signal: gone.signal,
      });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('{"beat":1}\n');
      expect(await requests.countDocuments()).toBe(1);
      gone.abort();
      await waitFor(async () => (await requests.countDocuments()) === 0, SLOWLY);
    } finally {
      await lease.release();
      await store.close();
    }
  });
});

describe('the end', () => {
  test('a job is forgotten when nobody runs it any more', async () => {
    await using _ = here.ingest();
    await ask('POST', `/jobs/${job}/run`, { untilSynced: true });
    expect(await ask('DELETE', `/jobs/${job}`)).toMatchObject({ status: 200, body: { done: true } });
    expect(await ask('GET', `/jobs/${job}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'JOB_NOT_REGISTERED' } },
    });
    expect(await ask('DELETE', `/jobs/${job}`)).toMatchObject({ status: 404 });
    expect((await ask('GET', `/jobs/${job}/audit?limit=1000`)).body.entries.at(-1)).toMatchObject({ action: 'reset' });
    expect(await ask('GET', '/jobs/nobody/audit')).toMatchObject({ status: 404 });
    expect(
      await postgres.query('SELECT slot_name FROM pg_replication_slots WHERE database = current_database()'),
    ).toEqual([]);
  });

  test('a job is created by its run, refused over documents that are there, and completed', async () => {
    await using _ = here.ingest();
    const refused = await ask('POST', `/jobs/${job}/run`, { file, untilSynced: true });
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: 'JOB_BLOCKED', exit: 4, findings: expect.any(Array) } },
    });
    expect((await ask('GET', `/jobs/${job}`)).body).toMatchObject({
      ended: { kind: 'refused', error: { code: 'JOB_BLOCKED' } },
    });
    expect((await ask('GET', `/jobs/${job}/events`)).status).toBe(409);
    await postgres.exec('DELETE FROM odd');
    const dropping = { dropTarget: true, untilSynced: true };
    expect(await ask('POST', `/jobs/${job}/run`, dropping)).toMatchObject({ status: 200, body: { kind: 'done' } });
    const completed = await ask('POST', `/jobs/${job}/complete`);
    expect(completed).toMatchObject({ status: 200, body: { different: 0, missing: 0, extra: 0, deadLetters: 0 } });
    expect((await ask('GET', `/jobs/${job}`)).body).toMatchObject({ phase: 'none', ended: { kind: 'completed' } });
    expect((await ask('GET', `/jobs/${job}/events`)).body).toEqual({ kind: 'completed' });
    expect(await ask('DELETE', `/jobs/${job}`)).toMatchObject({ status: 200 });
  });
});
