import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Changes never add elements that are there already, at any depth, however often they are repeated. */
test('repeated changes of deep elements leave each of them once', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int); CREATE TABLE c (id int PRIMARY KEY, b_id int, v int);
      INSERT INTO a VALUES (1), (2); INSERT INTO b SELECT i, 1 + i % 2 FROM generate_series(1, 6) i; INSERT INTO c SELECT i, 1 + i % 6, 0 FROM generate_series(1, 24) i`,
    collections:
      'a: { table: public.a, embed: { bs: { many: public.b, on: { a_id: id }, fields: [id], embed: { cs: { many: public.c, on: { b_id: id }, fields: [id, v] } } } } }',
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(a.id), 'bs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(b.id), 'cs',
        oracle.items((SELECT json_agg(json_build_object('id', oracle.i(c.id), 'v', oracle.i(v)) ORDER BY c.id) FROM c WHERE c.b_id = b.id))) ORDER BY b.id) FROM b WHERE b.a_id = a.id))) FROM a`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  for (const round of [1, 2, 3]) {
    await job.after(
      `UPDATE c SET v = ${round}`,
      `UPDATE c SET b_id = b_id`,
      `BEGIN; DELETE FROM c WHERE id < 4; INSERT INTO c SELECT i, i, ${round} FROM generate_series(1, 3) i; COMMIT`,
    );
  }
  await job.stop();
  await job.load();
  await job.after('UPDATE c SET v = -1 WHERE id % 2 = 0');
});
