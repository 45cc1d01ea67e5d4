import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  type TestKafka,
  type TestMongo,
  type TestPostgres,
  testKafka,
  testMongo,
  testPostgres,
  waitFor,
} from '#testing';
import { Deployment } from './kit/services.js';
import { changes, envOf, expectShop, jobText, SCHEMA } from './kit/shop.js';
import { type CliContext, type CliResult, cliContext } from './run-cli.js';

jest.setTimeout(240_000);

/** The services as processes of their own, over Kafka, and the command line that speaks to their console. */

const TOKEN = 'sixteen-letters-1';
const SLOWLY = { timeoutMs: 120_000 };

let postgres: TestPostgres;
let mongo: TestMongo;
let kafka: TestKafka;
let cli: CliContext;
let services: Deployment;
let file: string;
let url: string;

beforeAll(async () => {
  [postgres, mongo, kafka, cli] = await Promise.all([testPostgres(), testMongo(), testKafka(), cliContext()]);
  await postgres.exec(SCHEMA);
  file = await cli.file('shop.yaml', jobText(mongo.job, `${mongo.job}_t`));
  services = await Deployment.of({
    brokers: kafka.brokers,
    mongoUri: mongo.uri,
    database: mongo.database,
    env: envOf(postgres, mongo),
  });
  const started = await Promise.all([
    services.start('console', 1, { MILLRACE_CONSOLE_TOKENS: `ops:${TOKEN}` }),
    ...(['ingest', 'transform', 'write'] as const).map((service) => services.start(service)),
  ]);
  url = started[0]?.[0]?.url ?? '';
}, 300_000);
afterAll(async () => {
  await services[Symbol.asyncDispose]();
  await mongo.client.db(`${mongo.job}_t`).dropDatabase();
  await postgres[Symbol.asyncDispose]();
  await mongo[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const millrace = (...args: string[]): Promise<CliResult> =>
  cli.run(args, { MILLRACE_SERVER: url, MILLRACE_TOKEN: TOKEN });

const target = () => mongo.client.db(`${mongo.job}_t`);

test('a job is created, run until synced, verified, dealt with, and completed through the console', async () => {
  expect(await millrace('jobs', 'create', file)).toMatchObject({ code: 0, out: `${mongo.job}\n` });
  const synced = await millrace('run', file, '--until-synced', '--json');
  expect({ code: synced.code, err: synced.code === 0 ? '' : synced.err }).toEqual({ code: 0, err: '' });
  await expectShop(postgres, target());
  await postgres.exec(changes(1));
  await postgres.exec("INSERT INTO accounts VALUES (400, 'code 3', 1)");
  expect(await millrace('run', mongo.job, '--until-synced')).toMatchObject({ code: 0 });
  await expectShop(postgres, target());
  expect(await millrace('verify', mongo.job, '--json')).toMatchObject({
    code: 3,
    json: [{ different: 0, missing: 0, extra: 0, deadLetters: 1 }],
  });
  expect(await millrace('status', mongo.job, '--json')).toMatchObject({
    json: [{ phase: 'streaming', running: true, deadLetters: 1 }],
  });
  const [[letter]] = (await millrace('dead-letters', 'list', mongo.job, '--json')).json as [
    [{ id: string; code: string }],
  ];
  expect(letter.code).toBe('ID_TAKEN');
  await postgres.exec("UPDATE accounts SET code = 'code 400' WHERE id = 400");
  await waitFor(async () => (await millrace('status', mongo.job, '--json')).out.includes('"deadLetters":0'), SLOWLY);
}, 300_000);

test('a job that is stopped is verified all the same: the console runs it for so long, the others do their part', async () => {
  expect(await millrace('jobs', 'stop', mongo.job)).toMatchObject({ code: 0 });
  await waitFor(async () => (await millrace('status', mongo.job, '--json')).out.includes('"running":false'), SLOWLY);
  await postgres.exec(changes(2));
  const verified = await millrace('verify', mongo.job, '--json');
  expect(verified).toMatchObject({ code: 0, json: [{ different: 0, missing: 0, extra: 0, deadLetters: 0 }] });
  await expectShop(postgres, target());
  const [replica] = services.of('console');
  expect(replica?.logged.filter(({ msg }) => msg === 'a partition is taken')).toEqual([]);
}, 300_000);

test('it is completed, leaves nothing behind, and is not begun again', async () => {
  // Whether an ingest runs it already, or waits for the lease that the console has: nobody begins it anew.
  expect(await millrace('jobs', 'start', mongo.job)).toMatchObject({ code: 0 });
  const completed = await millrace('complete', mongo.job);
  expect({ code: completed.code, err: completed.err }).toEqual({ code: 0, err: expect.stringContaining('Completed') });
  expect(
    await postgres.query('SELECT slot_name FROM pg_replication_slots WHERE database = current_database()'),
  ).toEqual([]);
  await waitFor(async () => (await millrace('jobs', 'list')).out.includes('completed'), SLOWLY);
  expect((await millrace('status', mongo.job, '--json')).json).toMatchObject([{ phase: 'none', running: false }]);
  expect(await millrace('reset', mongo.job, '--yes')).toMatchObject({ code: 0 });
}, 300_000);

test('the console serves health and metrics to anybody, stops cleanly, and has logged no error and no secret', async () => {
  for (const path of ['/health/live', '/health/ready', '/metrics']) expect((await fetch(url + path)).status).toBe(200);
  const [replica] = services.of('console');
  expect(await replica?.stop()).toBe(0);
  for (const { errors } of services.replicas) expect(errors).toEqual([]);
  expect(services.replicas.map(({ text }) => text).join('\n')).not.toContain(TOKEN);
});

test('a console without tokens does not start where others could reach it', async () => {
  const main = join(import.meta.dirname, '../../dist/apps/console/main.js');
  const env = { ...services.env, MILLRACE_HTTP_HOST: '0.0.0.0', MILLRACE_HTTP_PORT: '0' };
  const refused = await promisify(execFile)(process.execPath, [main], { env }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('MILLRACE_CONSOLE_TOKENS') });
});
