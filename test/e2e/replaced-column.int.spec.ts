import { expect, jest, test } from '@jest/globals';
import { cliJob } from './kit/cli-job.js';

jest.setTimeout(240_000);

test.each([
  [
    'a column',
    'ALTER TABLE t DROP v; ALTER TABLE t ADD v text',
    'the column v of public.t was dropped and added again',
  ],
  [
    'a table',
    'DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t (id) VALUES (1)',
    'the table public.t was dropped and made anew',
  ],
])('%s that was dropped and made again while nothing ran needs a load anew', async (_, ddl, message) => {
  await using job = await cliJob(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'before')",
    `collections:
  t: { table: public.t }`,
  );
  const { cli, postgres, mongo, file } = job;
  const document = () => mongo.client.db(mongo.database).collection<{ _id: number }>('t').findOne({ _id: 1 });
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  await postgres.exec(ddl);
  for (const command of [
    ['run', file, '--until-synced'],
    ['verify', file],
  ])
    expect(await cli.run(command)).toMatchObject({ code: 1, err: expect.stringContaining(message) });
  expect((await cli.run(['status', file, '--json'])).json).toMatchObject([{ phase: 'attention' }]);
  expect(await document()).toMatchObject({ v: 'before' });
  expect(await cli.run(['run', file, '--until-synced', '--fresh'])).toMatchObject({ code: 0 });
  expect(await document()).toMatchObject({ v: null });
});
