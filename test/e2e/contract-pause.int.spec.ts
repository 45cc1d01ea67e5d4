import { readFile, writeFile } from 'node:fs/promises';
import { expect, jest, test } from '@jest/globals';
import { waitFor } from '#testing';
import { cliJob } from './kit/cli-job.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

test('a job that was paused takes nothing in when it is run, not even what was committed before', async () => {
  await using job = await cliJob(
    'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)',
    `collections:
  t: { table: public.t }`,
  );
  const { cli, postgres, mongo, file } = job;
  const documents = () => mongo.client.db(mongo.database).collection('t').countDocuments();
  const confirmed = async () =>
    (await postgres.query('SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name LIKE $1', [
      `millrace_${mongo.job}_%`,
    ])) as unknown;
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  expect(await cli.run(['pause', file])).toMatchObject({ code: 0 });
  await postgres.exec('INSERT INTO t VALUES (2)');
  const before = await confirmed();

  const { host, ended } = cli.start(['run', file]);
  await waitFor(() => host.err.includes('paused'), SLOWLY);
  const { json } = await cli.run(['status', file, '--json']);
  expect(json).toMatchObject([{ phase: 'paused', running: true }]);
  await waitFor(
    async () => ((await cli.run(['status', file, '--json'])).json as [{ lagSeconds: number }])[0].lagSeconds > 0,
    SLOWLY,
  );
  expect(await documents()).toBe(1);
  expect(await confirmed()).toEqual(before);

  expect(await cli.run(['resume', file])).toMatchObject({ code: 0 });
  await waitFor(async () => (await documents()) === 2, SLOWLY);
  host.send('SIGTERM');
  expect(await ended).toBe(0);
});

test('a paused job whose slot is gone needs a person at once, not when it goes on', async () => {
  await using job = await cliJob(
    'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)',
    `collections:
  t: { table: public.t }`,
  );
  const { cli, postgres, file } = job;
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  expect(await cli.run(['pause', file])).toMatchObject({ code: 0 });
  const { host, ended } = cli.start(['run', file]);
  await waitFor(() => host.err.includes('paused'), SLOWLY);
  await postgres.exec(
    'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()',
  );
  expect(await ended).toBe(1);
  expect(host.err).toContain('SLOT_MISSING');
  expect((await cli.run(['status', file, '--json'])).json).toMatchObject([{ phase: 'attention' }]);
});

test('onError: stop stops a job that is run paused when it goes on, by what had failed before', async () => {
  await using job = await cliJob(
    "CREATE TABLE t (id int PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1, 'infinity')",
    `collections:
  t: { table: public.t }`,
  );
  const { cli, file } = job;
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  expect(await cli.run(['pause', file])).toMatchObject({ code: 0 });
  await writeFile(file, `${await readFile(file, 'utf8')}onError: stop\n`);
  const { host, ended } = cli.start(['run', file]);
  await waitFor(() => host.err.includes('paused'), SLOWLY);
  expect(await cli.run(['resume', file])).toMatchObject({ code: 0 });
  expect(await ended).toBe(1);
  expect(host.err).toContain('STOPPED_BY_ERROR');
});
