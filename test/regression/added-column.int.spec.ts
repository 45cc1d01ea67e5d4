import { expect, test } from '@jest/globals';
import { oracleJob } from '../oracle/oracle-job.js';

test('a column added while the job is stopped is left out with a warning, until the load is made anew', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x')`,
    collections: 't: { table: public.t }',
    truth: { t: `SELECT json_build_object('_id', json_build_object('$numberInt', id::text), 'a', a) FROM t` },
  });
  await job.load();
  await job.stop();
  job.told.length = 0;
  await job.pg.exec(`ALTER TABLE t ADD COLUMN b text DEFAULT 'new'; INSERT INTO t VALUES (2, 'y')`);
  await job.load();
  await job.isTrue();
  expect(job.told).toContain('COLUMN_ADDED');
  expect(job.told).not.toContain('MAPPING_CHANGED');
  await job.stop();
  job.told.length = 0;
  await job.load({ fresh: true });
  job.truth.t = `SELECT json_build_object('_id', json_build_object('$numberInt', id::text), 'a', a, 'b', b) FROM t`;
  await job.isTrue();
});
