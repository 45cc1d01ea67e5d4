import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Rows of several tables that change in any order end in the same document. */

const CHANGES = [
  `INSERT INTO a VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = 'a'`,
  `INSERT INTO b VALUES (1, 1, 'b') ON CONFLICT (id) DO UPDATE SET a_id = 1, v = 'b'`,
  `INSERT INTO c VALUES (1, 1, 'c') ON CONFLICT (id) DO UPDATE SET b_id = 1, v = 'c'`,
  `UPDATE b SET v = 'moved', a_id = 2 WHERE id = 1`,
];
const permutations = (items: string[]): string[][] =>
  items.length < 2
    ? [items]
    : items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));

test('every order of changes of three tables ends in what the source says', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, a_id int, v text); CREATE TABLE c (id int PRIMARY KEY, b_id int, v text); INSERT INTO a VALUES (2, 'two')`,
    collections:
      'a: { table: public.a, embed: { bs: { many: public.b, on: { a_id: id }, fields: [v], embed: { cs: { many: public.c, on: { b_id: id }, value: v } } } } }',
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(a.id), 'v', v, 'bs', oracle.items((SELECT json_agg(json_build_object('v', b.v, 'cs',
        oracle.items((SELECT json_agg(c.v ORDER BY c.id) FROM c WHERE c.b_id = b.id))) ORDER BY b.id) FROM b WHERE b.a_id = a.id))) FROM a`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  for (const order of permutations(CHANGES))
    await job.after(`DELETE FROM b; DELETE FROM c; DELETE FROM a WHERE id = 1`, ...order);
});
