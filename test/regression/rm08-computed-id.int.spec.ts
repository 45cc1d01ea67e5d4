import { expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** An `_id` made of columns that are no key: its change deletes the old document and makes the new one, with all children. */
test('a computed _id takes its children along when it changes', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, kind text, no int); CREATE TABLE b (id int PRIMARY KEY, a_id int, v int);
      INSERT INTO a SELECT i, 'k', i FROM generate_series(1, 6) i; INSERT INTO b SELECT i, 1 + i % 6, i FROM generate_series(1, 18) i`,
    collections: `a: { table: public.a, id: { computed: "columns.kind + '-' + columns.no" }, fields: [kind], embed: { bs: { many: public.b, on: { a_id: id }, fields: [id, v] } } }`,
    truth: {
      a: `SELECT json_build_object('_id', kind || '-' || no, 'kind', kind, 'bs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(b.id), 'v', oracle.i(v)) ORDER BY b.id)
        FROM b WHERE b.a_id = a.id))) FROM a`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after(`UPDATE a SET kind = 'z' WHERE id < 3`, `UPDATE b SET v = v * 2`);
  await job.after(`BEGIN; UPDATE a SET no = 7 - no; UPDATE b SET a_id = 7 - a_id; COMMIT`);
  await job.after(
    `UPDATE b SET a_id = 1 WHERE id < 9; UPDATE a SET kind = 'y', no = 0 WHERE id = 1; DELETE FROM a WHERE id = 2`,
  );
  expect(await job.letters()).toEqual([]);
});
