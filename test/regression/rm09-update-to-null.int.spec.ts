import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** With `nulls: omit` a column that becomes null leaves the document, at every depth; with `keep` it is null. */
test('a column that becomes null is left out, or null, after an update', async () => {
  const mapping = (nulls: string) =>
    `{ table: public.a, nulls: ${nulls}, embed: { bs: { many: public.b, on: { a_id: id }, fields: [id, w] }, one: { one: public.b, on: { id: b_id }, fields: [w] } } }`;
  const truth = (wrap: (sql: string) => string) =>
    `SELECT ${wrap(`json_build_object('_id', oracle.i(a.id), 'v', v, 'b_id', oracle.i(b_id),
    'bs', oracle.items((SELECT json_agg(${wrap(`json_build_object('id', oracle.i(b.id), 'w', oracle.d(w))`)} ORDER BY b.id) FROM b WHERE b.a_id = a.id)),
    'one', (SELECT ${wrap(`json_build_object('w', oracle.d(w))`)} FROM b WHERE b.id = a.b_id))`)} FROM a`;
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, v text, b_id int); CREATE TABLE b (id int PRIMARY KEY, a_id int, w numeric);
      INSERT INTO a VALUES (1, 'x', 1), (2, NULL, NULL), (3, 'z', 3); INSERT INTO b VALUES (1, 1, 1.5), (2, 1, NULL), (3, 3, 3)`,
    collections: `omitted: ${mapping('omit')}\nkept: ${mapping('keep')}`,
    truth: { omitted: truth((sql) => `oracle.omit(${sql})`), kept: truth((sql) => sql) },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after('UPDATE a SET v = NULL; UPDATE b SET w = NULL');
  await job.after(`UPDATE a SET v = 'back', b_id = NULL; UPDATE b SET w = 0`);
  await job.after(`UPDATE a SET b_id = 2; UPDATE b SET a_id = NULL WHERE id = 1`);
});
