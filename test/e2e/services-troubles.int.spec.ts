import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Server, startKafka, startRedis } from '#servers';
import { type TestMongo, type TestPostgres, testMongo, testPostgres, waitFor } from '#testing';
import { Deployment } from './kit/services.js';
import { envOf, expectShop, jobText, SCHEMA } from './kit/shop.js';
import { type CliContext, cliContext } from './run-cli.js';

jest.setTimeout(300_000);

/** What services wait out is in the status of the job that it holds up, from before its run to its end, and goes when it is over. */

const SLOWLY = { timeoutMs: 120_000, everyMs: 200 };
const WORKERS = ['transform', 'write'] as const;

let postgres: TestPostgres<Server>;
let mongo: TestMongo;
let kafka: Server;
let cli: CliContext;
let services: Deployment;
let url: string;
/** What job files name, and not every replica has. */
let source: Record<string, string>;
const job = (): string => mongo.job;

beforeAll(async () => {
  [postgres, mongo, kafka, cli] = await Promise.all([
    testPostgres({ dedicated: true }),
    testMongo(),
    startKafka(),
    cliContext(),
  ]);
  await postgres.exec(SCHEMA);
  const { PG, ...rest } = envOf(postgres, mongo);
  source = { PG: String(PG) };
  services = await Deployment.of({
    brokers: kafka.uri.split(','),
    mongoUri: mongo.uri,
    database: mongo.database,
    env: rest,
  });
  const [[started]] = await Promise.all([
    services.start('console', 1, { ...source, MILLRACE_HTTP_HOST: '127.0.0.1' }),
    ...WORKERS.map((service) => services.start(service, 1, source)),
  ]);
  url = started?.url ?? '';
});
afterAll(async () => {
  await services[Symbol.asyncDispose]();
  await mongo.client.db(`${job()}_t`).dropDatabase();
  await Promise.all([postgres[Symbol.asyncDispose](), kafka.stop(), cli[Symbol.asyncDispose]()]);
  await mongo[Symbol.asyncDispose]();
});

interface Status {
  phase: string;
  running: boolean;
  trouble?: string;
}

async function status(): Promise<Status> {
  return (await cli.run(['status', job(), '--server', url, '--json'])).json[0] as Status;
}

/** As soon as the status is so. */
const seen = (isSo: (status: Status) => boolean): Promise<Status> =>
  waitFor(async () => {
    const now = await status();
    return isSo(now) && now;
  }, SLOWLY);

const calm = (phase: string): Promise<Status> =>
  seen((now) => now.phase === phase && now.running && now.trouble === undefined);

test('a variable that ingest does not have is told with its remedy, and that alone goes with the process', async () => {
  await services.run(job(), jobText(job(), `${job()}_t`));
  const [without] = await services.start('ingest');
  const { trouble } = await seen(({ trouble }) => trouble !== undefined);
  expect(trouble).toMatch(/^ingest: .* a mistake\. PG is not set: set it, .* \(since \d\d:\d\d:\d\d UTC\)$/);
  const { out } = await cli.run(['status', job(), '--server', url]);
  expect(out).toContain(`being retried: ${trouble}`);
  expect(await without?.stop()).toBe(0);
  await seen((now) => now.trouble === undefined);
});

test('a source that cannot be reached before the run is told to whoever looks, and to whoever follows the run', async () => {
  await postgres.server.kill();
  await services.start('ingest', 1, source);
  const following = cli.start(['run', job(), '--server', url, '--json']);
  const { trouble, phase } = await seen((now) => now.trouble !== undefined);
  expect(phase).toBe('none');
  expect(trouble).toMatch(/^ingest: .*ECONNREFUSED.* \(since \d\d:\d\d:\d\d UTC\)$/);
  await waitFor(() => following.host.out.includes('"kind":"trouble","message":"ingest: '), SLOWLY);
  await postgres.server.restart();
  await calm('streaming');
  await waitFor(() => following.host.out.includes('"kind":"recovered"'), SLOWLY);
  following.host.send('SIGINT');
  await following.ended;
});

test('Redis that is away is told of dead-letter, and not when it is back', async () => {
  await using redis = await startRedis();
  const [replica] = await services.start('dead-letter', 1, { ...source, MILLRACE_REDIS_URI: redis.uri });
  await waitFor(async () => (await fetch(`${replica?.url}/health/ready`)).ok, SLOWLY);
  await calm('streaming');
  await redis.kill();
  const { trouble } = await seen((now) => now.trouble !== undefined);
  expect(trouble).toMatch(/^dead-letter: Redis does not take retries of dead letters: /);
  await redis.restart();
  await calm('streaming');
  await redis.kill();
  await seen((now) => now.trouble !== undefined);
  expect(await replica?.stop()).toBe(0);
  expect((await status()).trouble).toBeUndefined();
});

test('Kafka that is away is told of each service that waits for it, and of none when it is back', async () => {
  const [killed] = await services.start('write', 1, source);
  await calm('streaming');
  await kafka.kill();
  const { trouble } = await seen((now) => now.trouble?.startsWith('ingest, transform, write: ') ?? false);
  expect(trouble).toMatch(/write: Kafka cannot be reached: .*ECONNREFUSED.*since/);
  // What is left of a process that is killed goes as well.
  const kept = mongo.db.collection('troubles');
  await waitFor(async () => (await kept.countDocuments({ service: 'write' })) === 2, SLOWLY);
  await killed?.kill();
  await kafka.restart();
  await calm('streaming');
  await postgres.exec("UPDATE customers SET name = 'after it'");
  await waitFor(() => expectShop(postgres, mongo.client.db(`${job()}_t`)).then(() => true), SLOWLY);
  await waitFor(async () => (await kept.countDocuments()) === 1, SLOWLY);
  expect(await cli.run(['reset', job(), '--yes', '--server', url])).toMatchObject({ code: 0 });
  expect(await kept.countDocuments()).toBe(0);
});
