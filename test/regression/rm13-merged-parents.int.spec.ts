import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** What is merged into its parent brings its arrays once, at their place; an array of plain values stays one, also in circles. */
test('arrays of merged documents, and plain arrays in circles, are where the mapping puts them', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE p (id int PRIMARY KEY, boss_id int, name text); CREATE TABLE d (id int PRIMARY KEY, p_id int, street text);
      CREATE TABLE t (id int PRIMARY KEY, d_id int, p_id int, tag text);
      INSERT INTO p VALUES (1, NULL, 'one'), (2, 1, 'two'), (3, 2, 'three'), (4, 4, 'self'); INSERT INTO d VALUES (10, 1, 'a'), (20, 2, 'b');
      INSERT INTO t VALUES (1, 10, 1, 'x'), (2, 10, 2, 'y'), (3, 20, 1, NULL)`,
    collections: `p:
  table: public.p
  fields: [name]
  embed:
    detail:
      one: public.d
      on: { p_id: id }
      flatten: true
      prefix: d_
      fields: [street]
      embed: { tags: { many: public.t, on: { d_id: id }, value: tag }, full: { many: public.t, on: { d_id: id }, fields: [tag] } }
    boss:
      one: public.p
      on: { id: boss_id }
      flatten: true
      prefix: boss_
      fields: [name]
      embed: { reports: { many: public.p, on: { boss_id: id }, value: name }, tags: { many: public.t, on: { p_id: id }, value: tag } }`,
    truth: {
      p: `SELECT json_build_object('_id', oracle.i(p.id), 'name', p.name, 'd_street', d.street,
        'd_tags', oracle.items((SELECT json_agg(tag ORDER BY t.id) FROM t WHERE t.d_id = d.id)), 'd_full', oracle.items((SELECT json_agg(json_build_object('tag', tag) ORDER BY t.id) FROM t WHERE t.d_id = d.id)),
        'boss_name', b.name, 'boss_reports', oracle.items((SELECT json_agg(r.name ORDER BY r.id) FROM p r WHERE r.boss_id = b.id)),
        'boss_tags', oracle.items((SELECT json_agg(tag ORDER BY t.id) FROM t WHERE t.p_id = b.id))) FROM p LEFT JOIN d ON d.p_id = p.id LEFT JOIN p b ON b.id = p.boss_id`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after(
    `UPDATE t SET tag = 'z' WHERE id = 1; INSERT INTO t VALUES (4, 20, 4, 'w')`,
    `UPDATE p SET boss_id = 4 WHERE id = 1`,
  );
  await job.after(
    `UPDATE d SET p_id = 3 WHERE id = 20; UPDATE p SET name = NULL WHERE id = 4; DELETE FROM d WHERE id = 10`,
    `UPDATE p SET id = 5 WHERE id = 4`,
  );
});
