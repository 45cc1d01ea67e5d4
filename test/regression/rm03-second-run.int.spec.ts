import { expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Loading again over the documents that are there makes the same documents, and removes those that should not be. */
test('a second load over the documents of the first one changes nothing', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int); CREATE TABLE c (id int PRIMARY KEY, b_id int);
      INSERT INTO a SELECT generate_series(1, 9); INSERT INTO b SELECT i, 1 + i % 9 FROM generate_series(1, 20) i; INSERT INTO c SELECT i, 1 + i % 20 FROM generate_series(1, 40) i`,
    collections:
      'a: { table: public.a, embed: { bs: { many: public.b, on: { a_id: id }, fields: [id], embed: { cs: { many: public.c, on: { b_id: id }, value: id } } } } }',
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(a.id), 'bs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(b.id), 'cs',
        oracle.items((SELECT json_agg(oracle.i(c.id) ORDER BY c.id) FROM c WHERE c.b_id = b.id))) ORDER BY b.id) FROM b WHERE b.a_id = a.id))) FROM a`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  const first = await job.documents('a');
  await job.stop();
  await job.load({ fresh: true });
  await job.isTrue();
  expect(await job.documents('a')).toEqual(first);
  await job.stop();
  await job.pg.exec('DELETE FROM a WHERE id > 6; UPDATE b SET a_id = 1 WHERE a_id = 2');
  await job.load({ fresh: true });
  await job.isTrue();
});
