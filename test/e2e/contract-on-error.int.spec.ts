import { expect, jest, test } from '@jest/globals';
import { cliJob } from './kit/cli-job.js';

jest.setTimeout(240_000);

test('stopAfterErrors stops a job at the Nth document that cannot be written, not before', async () => {
  await using job = await cliJob(
    `
    CREATE TABLE t (id int PRIMARY KEY, at timestamptz);
    INSERT INTO t SELECT i, CASE WHEN i <= 2 THEN 'infinity' ELSE '2024-01-01' END::timestamptz FROM generate_series(1, 20) i;
  `,
    `stopAfterErrors: 3
collections:
  t: { table: public.t }`,
  );
  const { cli, postgres, mongo, file } = job;
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  const { host, ended } = cli.start(['run', file]);
  await postgres.exec("UPDATE t SET at = 'infinity' WHERE id IN (3, 4, 5)");
  expect(await ended).toBe(1);
  expect(host.err).toContain('STOPPED_BY_ERROR');
  expect((await cli.run(['status', file, '--json'])).json).toMatchObject([{ phase: 'attention' }]);
  await postgres.exec("UPDATE t SET at = '2024-01-02'");
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  expect((await cli.run(['status', file, '--json'])).json).toMatchObject([{ phase: 'streaming', deadLetters: 0 }]);
  expect(await mongo.client.db(mongo.database).collection('t').countDocuments()).toBe(20);
});

test('onError: stop ends the run, and the next ones until the cause is mended', async () => {
  await using job = await cliJob(
    `
    CREATE TABLE t (id int PRIMARY KEY, at timestamptz);
    INSERT INTO t VALUES (1, '2024-01-01'), (2, 'infinity'), (3, '-infinity');
  `,
    `onError: stop
collections:
  t: { table: public.t }`,
  );
  const { cli, postgres, mongo, file } = job;
  const stopped = { code: 1, err: expect.stringContaining('STOPPED_BY_ERROR') };
  const letters = async () =>
    (await cli.run(['dead-letters', 'list', file, '--json'])).json[0] as { id: string; key: { id: string } }[];
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject(stopped);
  expect((await cli.run(['status', file, '--json'])).json).toMatchObject([{ phase: 'attention' }]);
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject(stopped);
  expect(await cli.run(['run', file])).toMatchObject(stopped);

  await postgres.exec("UPDATE t SET at = '2024-01-02' WHERE id = 2");
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject(stopped);
  const left = await letters();
  expect(left.map(({ key }) => key.id)).toEqual(['3']);

  expect(await cli.run(['dead-letters', 'edit', left[0]?.id ?? '', file, '--set', 'at=2024-01-03'])).toMatchObject({
    code: 0,
  });
  expect(await cli.run(['dead-letters', 'replay', file, '--all'])).toMatchObject({ code: 0 });
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  expect(await mongo.client.db(mongo.database).collection('t').countDocuments()).toBe(3);
});
