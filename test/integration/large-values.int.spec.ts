import { describe, expect, test } from '@jest/globals';
import type { Tuning } from '#job';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Large columns that the log leaves out where they did not change (TOAST), and rows that are too large. */

const TRUTH = {
  docs: `SELECT json_build_object('_id', oracle.i(id), 'title', title, 'body', body, 'more', more, 'size', oracle.f(length(body))) FROM docs`,
  owners: `SELECT json_build_object('_id', oracle.i(o.id), 'docs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(d.id), 'body', body) ORDER BY d.id)
    FROM docs d WHERE d.owner_id = o.id AND d.body IS NOT NULL))) FROM owners o`,
};
const large = (tuning: Partial<Tuning>) =>
  oracleJob({
    schema: `CREATE TABLE owners (id int PRIMARY KEY); INSERT INTO owners SELECT generate_series(1, 3);
      CREATE TABLE docs (id int PRIMARY KEY, owner_id int, title text, body text, more jsonb);
      ALTER TABLE docs ALTER body SET STORAGE EXTERNAL;
      INSERT INTO docs SELECT i, 1 + i % 3, 't' || i, oracle.big('d' || i, 4), to_jsonb(oracle.big('m' || i, 8)) FROM generate_series(1, 12) i`,
    collections: `docs: { table: public.docs, fields: { omit: [owner_id], computed: { size: "columns.body === null ? null : columns.body.length" } } }
owners: { table: public.owners, embed: { docs: { many: public.docs, on: { owner_id: id }, where: "columns.body !== null", fields: [id, body] } } }`,
    truth: TRUTH,
    tuning,
  });

describe.each(Object.entries(SIZES))(
  'a large column that does not change, with sizes that are %s,',
  (_name, tuning) => {
    test('stays what it was, through every kind of change of its row', async () => {
      await using job = await large(tuning);
      await job.load();
      await job.isTrue();
      await job.after(`UPDATE docs SET title = 'changed'`);
      await job.after(`UPDATE docs SET owner_id = 1 + id % 2`);
      await job.after(
        `UPDATE docs SET body = oracle.big('new' || id, 5) WHERE id < 4`,
        `UPDATE docs SET title = 'after' WHERE id < 6`,
      );
      await job.after(`BEGIN; UPDATE docs SET body = 'small' WHERE id = 1; UPDATE docs SET title = 'x' WHERE id = 1; UPDATE docs SET body = NULL WHERE id = 2;
      UPDATE docs SET title = 'y' WHERE id = 2; COMMIT`);
      await job.after(`UPDATE docs SET id = id + 100 WHERE id > 9`);
      await job.after(
        `UPDATE docs SET id = id + 100, title = 'moved' WHERE id = 5; UPDATE docs SET title = 'again' WHERE id = 105`,
      );
      await job.after(`BEGIN; DELETE FROM docs WHERE id = 6; UPDATE docs SET id = 6 WHERE id = 7; COMMIT`);
      await job.after(
        `BEGIN; UPDATE docs SET id = 7 WHERE id = 6; UPDATE docs SET id = 6, owner_id = 3 WHERE id = 7; UPDATE docs SET more = '{}' WHERE id = 6; COMMIT`,
      );
      await job.after(`BEGIN; UPDATE docs SET id = 50 WHERE id = 8; DELETE FROM docs WHERE id = 50; COMMIT`);
      await job.after(`BEGIN; UPDATE docs SET id = 51 WHERE id = 9; ROLLBACK`, `UPDATE docs SET title = NULL`);
      expect(await job.letters()).toEqual([]);
    });

    test('is read again where nobody knows it', async () => {
      await using job = await large(tuning);
      const changing = async () => {
        for (let i = 0; i < 10; i++) {
          await job.pg.exec(`UPDATE docs SET title = 'during ${i}' WHERE id % 3 = ${i % 3}; UPDATE docs SET id = id + 1000 WHERE id = ${i + 1};
          UPDATE docs SET title = 'twice' WHERE id = ${i + 1001}`);
        }
      };
      await Promise.all([job.load(), changing()]);
      await job.isTrue();
      expect(await job.letters()).toEqual([]);
    });
  },
);

test('a row that is too large for MongoDB is a dead letter; a smaller one clears it, and the last good document stays meanwhile', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE docs (id int PRIMARY KEY, a text, b text);
      INSERT INTO docs VALUES (1, 'x', 'y'), (2, repeat('x', 9000000), repeat('y', 9000000))`,
    collections: `docs: { table: public.docs }`,
    truth: {
      docs: `SELECT json_build_object('_id', oracle.i(id), 'a', a, 'b', b) FROM docs WHERE length(a || b) < 16000000`,
    },
  });
  await job.load();
  expect(await job.letters()).toMatchObject([{ key: { id: '2' } }]);
  await job.isTrue();
  const before = await job.documents('docs');
  await job.pg.exec(`UPDATE docs SET a = repeat('z', 17000000) WHERE id = 1`);
  expect(await job.letters()).toHaveLength(2);
  expect(await job.documents('docs')).toEqual(before);
  await job.after(`UPDATE docs SET a = 'small'`);
  expect(await job.letters()).toEqual([]);
});

test('a document that is too large for MongoDB is a dead letter until rows leave it', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int, t text);
      INSERT INTO p VALUES (1), (2); INSERT INTO c SELECT i, 1, repeat('x', 5000000) FROM generate_series(1, 4) i`,
    collections: `p: { table: public.p, embed: { cs: { many: public.c, on: { p_id: id }, value: t } } }`,
    truth: {
      p: `SELECT json_build_object('_id', oracle.i(id), 'cs', oracle.items((SELECT json_agg(t ORDER BY c.id) FROM c WHERE p_id = p.id))) FROM p
      WHERE (SELECT coalesce(sum(length(t)), 0) FROM c WHERE p_id = p.id) < 16000000`,
    },
  });
  await job.load();
  expect(await job.letters()).toMatchObject([{ key: { id: '1' }, code: 'DOCUMENT_TOO_LARGE' }]);
  await job.isTrue();
  await job.after(`UPDATE c SET p_id = 2 WHERE id > 2`);
  expect(await job.letters()).toEqual([]);
});
