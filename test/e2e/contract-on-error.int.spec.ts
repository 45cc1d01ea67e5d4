import { expect, jest, test } from '@jest/globals';
import { testMongo, testPostgres } from '#testing';
import { cliContext } from './run-cli.js';

jest.setTimeout(240_000);

test('stopAfterErrors stops a job at the Nth document that cannot be written, not before', async () => {
  await using cli = await cliContext();
  await using postgres = await testPostgres();
  await using mongo = await testMongo();
  await postgres.exec(`
    CREATE TABLE t (id int PRIMARY KEY, at timestamptz);
    INSERT INTO t SELECT i, CASE WHEN i <= 2 THEN 'infinity' ELSE '2024-01-01' END::timestamptz FROM generate_series(1, 20) i;
  `);
  const file = await cli.file(
    'job.yaml',
    `job: ${mongo.job}
stopAfterErrors: 3
source: { kind: postgres, uri: "${postgres.uri}" }
target: { uri: "${mongo.uri}", database: ${mongo.database} }
collections:
  t: { table: public.t }
`,
  );
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
  await cli.run(['reset', '--yes', file]);
});

test('onError: stop ends the run, and the next ones until the cause is mended', async () => {
  await using cli = await cliContext();
  await using postgres = await testPostgres();
  await using mongo = await testMongo();
  await postgres.exec(`
    CREATE TABLE t (id int PRIMARY KEY, at timestamptz);
    INSERT INTO t VALUES (1, '2024-01-01'), (2, 'infinity'), (3, '-infinity');
  `);
  const file = await cli.file(
    'job.yaml',
    `job: ${mongo.job}
onError: stop
source: { kind: postgres, uri: "${postgres.uri}" }
target: { uri: "${mongo.uri}", database: ${mongo.database} }
collections:
  t: { table: public.t }
`,
  );
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
  await cli.run(['reset', '--yes', file]);
});
