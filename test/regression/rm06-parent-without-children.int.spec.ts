import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** A parent whose join column changes to what no child has loses its elements; to what others have, it gets theirs. */
test('elements follow the join column of the parent, also to none', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, code text); CREATE TABLE m (id int PRIMARY KEY, a_id int, ref text); CREATE TABLE b (id int PRIMARY KEY, code text);
      INSERT INTO a VALUES (1, 'x'), (2, 'y'); INSERT INTO m VALUES (1, 1, 'x'), (2, 2, 'y'); INSERT INTO b VALUES (1, 'x'), (2, 'x'), (3, 'y')`,
    collections: `a: { table: public.a, embed: { bs: { many: public.b, on: { code: code }, value: id }, b: { one: public.b, on: { code: code }, where: "columns.id !== 2", fields: [id] },
    ms: { many: public.m, on: { a_id: id }, fields: [ref], embed: { bs: { many: public.b, on: { code: ref }, value: id } } } } }`,
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(a.id), 'code', a.code, 'bs', oracle.items((SELECT json_agg(oracle.i(b.id) ORDER BY b.id) FROM b WHERE b.code = a.code)),
        'b', (SELECT json_build_object('id', oracle.i(b.id)) FROM b WHERE b.code = a.code AND b.id <> 2),
        'ms', oracle.items((SELECT json_agg(json_build_object('ref', ref, 'bs', oracle.items((SELECT json_agg(oracle.i(b.id) ORDER BY b.id) FROM b WHERE b.code = m.ref))) ORDER BY m.id)
          FROM m WHERE m.a_id = a.id))) FROM a`,
    },
    tuning: SIZES.tiny,
  });
  await job.load();
  await job.isTrue();
  await job.after(`UPDATE a SET code = 'none' WHERE id = 1; UPDATE m SET ref = 'none' WHERE id = 1`);
  await job.after(`UPDATE a SET code = NULL; UPDATE m SET ref = NULL`);
  await job.after(`UPDATE a SET code = 'y'; UPDATE m SET ref = 'x'`);
});
