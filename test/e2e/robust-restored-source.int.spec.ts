import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { testMongo, testPostgres, waitFor } from '#testing';
import { Backup } from '../../libs/sources/postgres/testing/backup.js';
import { type CliContext, cliContext } from './run-cli.js';
import { startMillrace } from './kit/processes.js';
import { changes, envOf, expectShop, isShop, jobText, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

const SETTLED = { timeoutMs: 120_000, everyMs: 200 };
const NEEDS_A_PERSON = { code: 1, err: expect.stringContaining('--fresh') };

let cli: CliContext;
beforeAll(async () => {
  cli = await cliContext();
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
});

test('a source that is restored from a backup under a running job needs a person, and what it has lost goes with --fresh', async () => {
  await using postgres = await testPostgres({ dedicated: true });
  await using mongo = await testMongo();
  const file = await cli.file(`${mongo.job}.yaml`, jobText(mongo.job, mongo.database));
  const run = (...args: string[]) => cli.run(['run', '--until-synced', ...args, file], envOf(postgres, mongo));
  await postgres.exec(SCHEMA);
  expect(await run()).toMatchObject({ code: 0 });
  const backup = await Backup.of(postgres.server);
  await using running = startMillrace(['run', file], envOf(postgres, mongo));
  await postgres.exec(`${changes(1)} INSERT INTO customers VALUES (90, 'is lost')`);
  await waitFor(() => isShop(postgres, mongo.db), SETTLED);
  await backup.restore();
  await waitFor(() => postgres.query('SELECT pg_promote()'), SETTLED);
  await waitFor(async () => (await postgres.query('SELECT 1 WHERE NOT pg_is_in_recovery()')).length > 0, SETTLED);
  await postgres.exec(changes(2));
  expect(await running.ended).toEqual({ code: 1, signal: null });
  expect(running.err).toContain('SOURCE_CHANGED');
  expect(await run()).toMatchObject(NEEDS_A_PERSON);
  expect(await mongo.db.collection('customers').countDocuments({ _id: 90 as never })).toBe(1);
  expect(await run('--fresh')).toMatchObject({ code: 0 });
  await expectShop(postgres, mongo.db);
});
