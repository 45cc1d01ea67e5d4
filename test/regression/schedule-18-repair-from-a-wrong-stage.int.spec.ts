import { expect, test } from '@jest/globals';
import { actorBench } from '../e2e/kit/actors.js';
import { cliJob } from '../e2e/kit/cli-job.js';

test('a row that was read again at a marker replaces what is on the stage, unless something newer is', async () => {
  await using bench = await actorBench();
  const owner = bench.owner();
  await owner.handle(bench.upsert('parents', [1], ['1', 'wrong']), bench.upsert('parents', [9], ['2', 'newer']));
  await bench.write();
  const repair = (id: number, name: string | null) => ({
    kind: 'repair' as const,
    table: bench.tableIndex('parents'),
    key: bench.key('parents', id),
    at: bench.upsert('parents', [5], ['1', '']).at,
    tuple: name === null ? null : bench.upsert('parents', [5], [String(id), name]).tuple,
    bytes: 1,
  });
  await owner.handle(repair(1, 'right'), repair(2, 'older'), repair(3, null));
  await bench.write();
  const names = async () => (await bench.documents('parents')).map(({ name }) => name);
  expect(await names()).toEqual(['right', 'newer']);

  await owner.handle(repair(1, null));
  await bench.write();
  expect(await names()).toEqual(['newer']);
});

test('verify --repair mends a document whose row is wrong on the stage, also where a change of it was captured', async () => {
  await using job = await cliJob(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'loaded'), (2, 'before')",
    'collections:\n  t: { table: public.t }',
  );
  const { cli, postgres, mongo, file } = job;
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  await postgres.exec("UPDATE t SET v = 'changed' WHERE id = 2");
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  const state = mongo.client.db(`millrace_${mongo.job}`);
  const stage = (await state.listCollections({ name: /^stage_/ }).toArray()).map(({ name }) => state.collection(name));
  const documents = mongo.client.db(mongo.database).collection<{ _id: number }>('t');
  for (const id of [1, 2]) {
    for (const rows of stage) await rows.updateOne({ c: { $regex: `^${id}\t` } }, { $set: { c: `${id}\twrong` } });
    await documents.updateOne({ _id: id }, { $set: { v: 'wrong' } });
  }
  expect(await cli.run(['verify', file])).toMatchObject({ code: 3 });
  await cli.run(['verify', file, '--repair']);
  expect(await cli.run(['verify', file])).toMatchObject({ code: 0 });
  expect(await documents.find().sort({ _id: 1 }).toArray()).toEqual([
    { _id: 1, v: 'loaded' },
    { _id: 2, v: 'changed' },
  ]);
});
