import { expect, test } from '@jest/globals';
import { oracleJob } from '../oracle/index.js';

/** A stored NULL is NULL, whatever default its column has; two fields with one name are refused, never one over the other. */

test('a stored NULL is null although its column has a default', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, n int DEFAULT 5, t text DEFAULT 'd', at timestamptz DEFAULT now(), b bool DEFAULT true);
      INSERT INTO a VALUES (1, NULL, NULL, NULL, NULL); INSERT INTO a (id, at) VALUES (2, '2024-01-01Z')`,
    collections: 'a: { table: public.a }',
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(id), 'n', oracle.i(n), 't', t, 'at', oracle.t(at), 'b', b) FROM a`,
    },
  });
  await job.load();
  await job.isTrue();
  await job.after(
    `UPDATE a SET n = NULL, t = NULL, at = NULL, b = NULL WHERE id = 2`,
    `INSERT INTO a VALUES (3, NULL, NULL, NULL, NULL)`,
  );
  await job.after(`UPDATE a SET n = DEFAULT, t = DEFAULT, b = DEFAULT WHERE id = 1`);
});

test('a merged field with the name of a column of its parent is refused', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, name text, b_id int); CREATE TABLE b (id int PRIMARY KEY, name text)`,
    collections:
      'a: { table: public.a, embed: { b: { one: public.b, on: { id: b_id }, flatten: true, fields: [name] } } }',
  });
  await expect(job.load()).rejects.toMatchObject({ exit: 2 });
});
