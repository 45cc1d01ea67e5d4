import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** A table of several collections that leave out the column that joins it: the join goes by the row, not by what is shown. */
test('a foreign key that no field shows still joins, in every collection of its table', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, name text, b_id int); CREATE TABLE b (id int PRIMARY KEY, name text, a_id int);
      INSERT INTO a VALUES (1, 'a1', 1), (2, 'a2', 1), (3, 'a3', NULL); INSERT INTO b VALUES (1, 'b1', 2), (2, 'b2', 1)`,
    collections: `a1: { table: public.a, fields: { omit: [b_id] }, embed: { b: { one: public.b, on: { id: b_id }, fields: { omit: [a_id, id] }, embed: { a: { one: public.a, on: { id: a_id }, fields: { omit: [b_id] } } } } } }
a2: { table: public.a, fields: [name], embed: { bs: { many: public.b, on: { a_id: id }, fields: { omit: [a_id] } } } }
b: { table: public.b, fields: { omit: [a_id] }, embed: { a: { one: public.a, on: { id: a_id }, fields: [name] } } }`,
    truth: {
      a1: `SELECT json_build_object('_id', oracle.i(a.id), 'name', a.name, 'b', (SELECT json_build_object('name', b.name, 'a',
        (SELECT json_build_object('id', oracle.i(c.id), 'name', c.name) FROM a c WHERE c.id = b.a_id)) FROM b WHERE b.id = a.b_id)) FROM a`,
      a2: `SELECT json_build_object('_id', oracle.i(a.id), 'name', a.name, 'bs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(b.id), 'name', b.name) ORDER BY b.id)
        FROM b WHERE b.a_id = a.id))) FROM a`,
      b: `SELECT json_build_object('_id', oracle.i(b.id), 'name', b.name, 'a', (SELECT json_build_object('name', a.name) FROM a WHERE a.id = b.a_id)) FROM b`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after(
    `UPDATE a SET b_id = 2 WHERE id = 1`,
    `UPDATE b SET a_id = 3 WHERE id = 1`,
    `UPDATE a SET name = name || '!'`,
  );
  await job.after(
    `UPDATE b SET a_id = NULL; UPDATE a SET b_id = NULL WHERE id = 2`,
    `INSERT INTO b VALUES (3, 'b3', 3)`,
  );
});
