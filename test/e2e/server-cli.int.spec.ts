import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type TestMongo, type TestPostgres, testMongo, testPostgres, waitFor } from '#testing';
import { testConsole, type TestConsole } from './kit/console.js';
import { ODD_COLLECTION, ODD_SCHEMA } from './kit/odd.js';
import { envOf, expectShop, jobText, SCHEMA } from './kit/shop.js';
import { type CliContext, type CliResult, cliContext } from './run-cli.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/**
 * The same commands with and without --server: the same output, byte for byte, and the same exit codes. One number is not
 * the job's alone: the log that a source keeps for it grows with all that its server does.
 */

let postgres: TestPostgres;
let mongo: TestMongo;
let cli: CliContext;
let here: TestConsole;
let env: Record<string, string>;
let file: string;

beforeAll(async () => {
  [postgres, mongo, cli] = await Promise.all([testPostgres(), testMongo(), cliContext()]);
  await postgres.exec(SCHEMA + ODD_SCHEMA);
  env = envOf(postgres, mongo);
  here = await testConsole(mongo, { env });
  file = await cli.file('shop.yaml', jobText(mongo.job, `${mongo.job}_t`) + ODD_COLLECTION);
});
afterAll(async () => {
  await mongo.client.db(`${mongo.job}_t`).dropDatabase();
  await here[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await mongo[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

/** Its environment has the server alone: what the job file reads is the console's. */
const remote = (...args: string[]): Promise<CliResult> => cli.run(args, { MILLRACE_SERVER: here.url });

/** Log lines tell of progress, with the time in front. */
const said = (text: string): string => text.replace(/^\d\d:\d\d:\d\d .*\n/gm, '');

const RETAINED = /"retainedBytes":(\d+)/;
/** The source's log grows by itself between two questions. */
const withoutRetained = (text: string): string =>
  text.replace(RETAINED, '').replace(/the source retains [\d.]+ \S+ for it/g, '');

async function bothWays(args: string[]): Promise<CliResult> {
  const local = await cli.run(args, env);
  const other = await remote(...args);
  const [kept, keptLater] = [local, other].map(({ out }) => Number(RETAINED.exec(out)?.[1] ?? 0));
  expect(keptLater).toBeGreaterThanOrEqual(kept!);
  const result = ({ code, out, err }: CliResult) => ({ code, out: withoutRetained(out), err: said(err) });
  expect(result(other)).toEqual(result(local));
  return local;
}

async function letterId(): Promise<string> {
  const { json } = await cli.run(['dead-letters', 'list', file, '--json'], env);
  return (json as [[{ id: string }]])[0][0].id;
}

describe('before a job is there', () => {
  test.each([
    [['check', '--json']],
    [['check']],
    [['preview', '--json', '--limit', '2']],
    [['preview', '--collection', 'odd']],
    [['preview', '--json', '--collection', 'nobody']],
  ])('%j says the same of its file', async (args) => {
    await bothWays([...args, file]);
  });

  test.each([
    [
      'mistakes',
      'job: shop\ntarget: { uri: "mongodb://h", database: d }\ncollections: { a: { table: public.a, idd: x } }\n',
    ],
    ['a variable that is not set', jobText('shop', 'd').replace('${PG}', '${NOBODY_SETS_THIS}')],
    ['a text that is no job file', 'just text'],
    ['unknown columns', jobText('shop', 'd').replace('id: code', 'id: nummer')],
  ])('%s in the file are told with their places', async (_, text) => {
    const bad = await cli.file('bad.yaml', text);
    for (const args of [
      ['check', bad],
      ['check', bad, '--json'],
      ['preview', bad],
    ])
      expect((await bothWays(args)).code).toBe(2);
    const { code, out } = await cli.run(['check', bad, '--json'], env);
    expect(await remote('jobs', 'create', bad, '--json')).toMatchObject({ code, out });
  });

  test('what needs a job says that there is none', async () => {
    for (const args of [
      ['status'],
      ['verify'],
      ['pause'],
      ['dead-letters', 'list'],
      ['dead-letters', 'show', 'x'],
      ['reset', '--yes'],
    ]) {
      const { code, err } = await remote(...args, file);
      expect({ args, code, err }).toEqual({ args, code: 1, err: expect.stringContaining('JOB_NOT_REGISTERED') });
    }
  });

  test('jobs is empty, and needs a server', async () => {
    expect(await remote('jobs', 'list', '--json')).toMatchObject({ code: 0, json: [[]] });
    expect(await cli.run(['jobs', 'list'])).toMatchObject({ code: 2, err: expect.stringContaining('--server URL') });
  });
});

describe('a job of the services', () => {
  test('is run until synced, with the outcome of a run of one process', async () => {
    await using _ = here.ingest();
    const { code, json, err } = await remote('run', '--until-synced', '--json', file);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(json.at(-1)).toEqual({ kind: 'outcome', outcome: 'done' });
    expect(json).toContainEqual({ kind: 'phase', phase: 'streaming' });
    await expectShop(postgres, mongo.client.db(`${mongo.job}_t`));
    expect(await remote('run', '--until-synced', mongo.job)).toMatchObject({ code: 0 });
  });

  test('is watched until a signal, which stops the watching alone', async () => {
    await using _ = here.ingest();
    await waitFor(async () => (await status()).running, SLOWLY);
    const watching = cli.start(['run', file], { MILLRACE_SERVER: here.url });
    await waitFor(() => watching.host.err.includes('following changes') || undefined, SLOWLY);
    await waitFor(() => / lag .* · \d+ changes\/s/.test(watching.host.err) || undefined, SLOWLY);
    expect(await remote('status', mongo.job, '--json')).toMatchObject({
      json: [{ phase: 'streaming', running: true, changesPerSecond: expect.any(Number) }],
    });
    watching.host.send('SIGINT');
    expect(await watching.ended).toBe(0);
    expect(watching.host.err).toContain('The watching ends; the job goes on.');
    await postgres.exec("UPDATE customers SET name = 'goes on' WHERE id = 1");
    const customers = mongo.client.db(`${mongo.job}_t`).collection<{ _id: number; name: string }>('customers');
    await waitFor(async () => (await customers.findOne({ _id: 1 }))?.name === 'goes on', SLOWLY);
  });

  test.each([
    [['status', '--json']],
    [['status']],
    [['check', '--json']],
    [['preview', '--json', '--collection', 'orders', '--limit', '40']],
    [['verify', '--json']],
    [['verify', '--collection', 'odd']],
    [['verify', '--collection', 'nobody']],
    [['dead-letters', 'list']],
    [['dead-letters', 'list', '--json']],
    [['dead-letters', 'replay', '--all', '--dry-run']],
    [['dead-letters', 'replay', '--all', '--dry-run', '--json']],
    [['dead-letters', 'replay', '--all', '--json']],
    [['dead-letters', 'replay', '--id', 'nobody', '--json']],
    [['dead-letters', 'discard', '--id', 'nobody']],
  ])('that nobody runs: %j says the same as in one process', async (args) => {
    await bothWays([...args, file]);
  });

  test.each([
    [['verify', '--json']],
    [['verify', '--collection', 'orders']],
    [['dead-letters', 'list', '--json']],
    [['dead-letters', 'replay', '--all', '--dry-run', '--json']],
    [['pause', '--json']],
    [['verify']],
    [['resume']],
  ])('that is running: %j says the same as beside a run', async (args) => {
    await using _ = here.ingest();
    await waitFor(async () => (await status()).running, SLOWLY);
    await bothWays([...args, file]);
  });

  const status = async () => ((await cli.run(['status', file, '--json'], env)).json as [{ running: boolean }])[0];

  test('shows one letter whole: fields in their order, each with its type, and what a replay would write', async () => {
    const id = await letterId();
    await bothWays(['dead-letters', 'show', id, file]);
    const { out } = await bothWays(['dead-letters', 'show', id, file, '--json']);
    expect(out).toContain('"row":{"id":"2","10":"only its number is too large","2":"-0","__proto__":null,"n":"999');
    expect(out).toContain('"replay":{"document":null,"code":"NUMERIC_TOO_LARGE"');
    expect(await remote('dead-letters', 'edit', id, file, '--set', 'n=7.10', '--json')).toMatchObject({ code: 0 });
    const edited = await bothWays(['dead-letters', 'show', id, file, '--json']);
    const fields =
      '"10":"only its number is too large","2":{"$numberDouble":"-0.0"},"__proto__":null,"n":{"$numberDecimal":"7.10"},"at":null,' +
      '"whole":{"7":{"$numberDouble":"1.0"},"b":{"$numberLong":"2"},"a":[]}';
    expect(edited.out).toContain(`"replay":{"document":{"_id":{"$numberInt":"2"},${fields}}}`);
    const dryRun = ['dead-letters', 'replay', file, '--all', '--dry-run', '--json'];
    const { out: made } = await bothWays(dryRun);
    expect(made).toContain(fields);
    await using _ = here.ingest();
    await waitFor(async () => (await status()).running, SLOWLY);
    expect((await bothWays(dryRun)).out).toBe(made);
  });

  test('is edited, replayed and audited in the name of the user', async () => {
    const id = await letterId();
    expect(await remote('dead-letters', 'replay', file, '--id', id, '--json')).toMatchObject({
      code: 0,
      json: [{ replayed: 1, cleared: 1, remaining: 0 }],
    });
    await bothWays(['verify', file, '--json']);
    const response = await fetch(`${here.url}/api/jobs/${mongo.job}/audit?limit=1000`);
    const { entries } = (await response.json()) as { entries: { action: string; by: string; letter?: string }[] };
    const letters = entries.filter(({ letter }) => letter === id);
    expect(letters.map(({ action, by }) => `${action} ${by}`)).toContain('edit tester');
    expect(entries[0]).toMatchObject({ action: 'create', by: 'tester' });
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['run', 'pause', 'resume', 'replay']));
  });

  test('is listed, stopped, started and forgotten', async () => {
    const listed = await remote('jobs', 'list');
    expect(listed).toMatchObject({ code: 0, out: expect.stringContaining(mongo.job) });
    expect(await remote('jobs', 'stop', mongo.job)).toMatchObject({ code: 0, out: `Asked to stop: ${mongo.job}\n` });
    expect(await remote('jobs', 'list', '--json')).toMatchObject({ json: [[{ job: mongo.job, wanted: 'stopped' }]] });
    expect(await remote('jobs', 'start', mongo.job, '--json')).toMatchObject({ json: [{ wanted: 'running' }] });
    expect(await remote('jobs', 'start', 'nobody')).toMatchObject({ code: 1 });
    await using _ = here.ingest();
    await waitFor(async () => (await status()).running, SLOWLY);
    expect(await remote('reset', file)).toMatchObject({ code: 2, err: expect.stringContaining('NOT_CONFIRMED') });
    const forgotten = await remote('reset', mongo.job, '--yes');
    expect(forgotten).toMatchObject({ code: 0, out: `Forgotten: ${mongo.job}. Its documents are where they were.\n` });
    expect(await remote('jobs', 'list', '--json')).toMatchObject({ json: [[]] });
    expect(
      await postgres.query('SELECT slot_name FROM pg_replication_slots WHERE database = current_database()'),
    ).toEqual([]);
  });
});

describe('a run that is refused', () => {
  test('exits as it does in one process, with the same findings', async () => {
    await using _ = here.ingest();
    const local = await cli.run(['run', '--until-synced', '--json', file], env);
    const { code, json } = await remote('run', '--until-synced', '--json', file);
    expect(local.code).toBe(4);
    expect({ code, last: json.at(-1) }).toEqual({ code: 4, last: local.json.at(-1) });
    expect(await remote('run', file)).toMatchObject({ code: 4, err: expect.stringContaining('TARGET_NOT_EMPTY') });
    expect(await remote('jobs', 'list')).toMatchObject({ out: expect.stringContaining('refused: JOB_BLOCKED') });
  });

  test('runs when it may drop what is there; another mapping needs --fresh', async () => {
    await using _ = here.ingest();
    const synced = ['run', '--until-synced', file];
    expect(await remote(...synced, '--drop-target')).toMatchObject({ code: 0 });
    const changed = await cli.file('changed.yaml', jobText(mongo.job, `${mongo.job}_t`));
    const refused = await remote('run', '--until-synced', changed);
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('MAPPING_CHANGED') });
    expect(await remote('run', '--until-synced', '--fresh', changed)).toMatchObject({ code: 0 });
    await bothWays(['verify', changed, '--json']);
  });

  test('completes, and runs no more', async () => {
    await using _ = here.ingest();
    const isRunning = async () =>
      ((await remote('status', mongo.job, '--json')).json as [{ running: boolean }])[0].running;
    await waitFor(isRunning, SLOWLY);
    expect(await remote('complete', mongo.job)).toMatchObject({ code: 0, err: expect.stringContaining('Completed') });
    expect(await remote('status', mongo.job, '--json')).toMatchObject({ json: [{ phase: 'none', running: false }] });
    expect(await remote('jobs', 'list')).toMatchObject({ out: expect.stringContaining('completed') });
    const { databases } = await mongo.client.db('admin').admin().listDatabases();
    expect(databases.map(({ name }) => name)).not.toContain(`millrace_${mongo.job}`);
  });
});
