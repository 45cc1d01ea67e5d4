import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { testMongo, testPostgres, waitFor } from '#testing';
import { type CliContext, cliContext } from './run-cli.js';
import { startMillrace } from './kit/processes.js';
import { changes, envOf, isShop, jobText, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

/** A server restarts under a running job, which goes on by itself; and a signal ends it also while one is away. */

const MANY = `INSERT INTO order_lines SELECT o, l, 1 + l % 5, l FROM generate_series(1, 40) o, generate_series(10, 250) l;`;
const SETTLED = { timeoutMs: 120_000, everyMs: 200 };

let cli: CliContext;
beforeAll(async () => {
  cli = await cliContext();
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
});

const servers = async () => {
  const [postgres, mongo] = await Promise.all([testPostgres({ dedicated: true }), testMongo({ dedicated: true })]);
  await postgres.exec(SCHEMA + MANY);
  const file = await cli.file(`${mongo.job}.yaml`, jobText(mongo.job, mongo.database));
  return {
    postgres,
    mongo,
    start: () => startMillrace(['run', file], envOf(postgres, mongo)),
    settled: () => waitFor(() => isShop(postgres, mongo.db), SETTLED),
    run: (...args: string[]) => cli.run([...args, file], envOf(postgres, mongo)),
    async [Symbol.asyncDispose]() {
      await Promise.all([postgres[Symbol.asyncDispose](), mongo[Symbol.asyncDispose]()]);
    },
  };
};

describe.each(['postgres', 'mongo'] as const)('a job goes on by itself when %s', (which) => {
  test('is killed and started again while it loads, builds and streams', async () => {
    await using given = await servers();
    const server = given[which].server;
    const again = async (): Promise<void> => {
      await server.kill();
      await server.restart();
    };
    await using running = given.start();
    await waitFor(() => running.err.includes('loading') || running.err.includes('load'), SETTLED);
    await again();
    await given.settled();
    await waitFor(() => running.err.includes('following changes'), SETTLED);
    await server.restart();
    await given.postgres.exec(changes(1));
    await given.settled();
    await given.postgres.exec(changes(2));
    await again();
    await given.postgres.exec(changes(3));
    await given.settled();
    expect(await running.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await given.run('verify')).toMatchObject({ code: 0 });
  }, 300_000);
});

test.each(['postgres', 'mongo'] as const)(
  'SIGTERM ends a job within ten seconds while %s is away, and the next run goes on',
  async (which) => {
    await using given = await servers();
    await using running = given.start();
    await waitFor(() => running.err.includes('following changes'), SETTLED);
    await given.postgres.exec(changes(1));
    await given[which].server.kill();
    const asked = performance.now();
    expect(await running.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(10_000);
    await given[which].server.restart();
    expect(await given.run('run', '--until-synced')).toMatchObject({ code: 0 });
    await given.settled();
  },
  300_000,
);
