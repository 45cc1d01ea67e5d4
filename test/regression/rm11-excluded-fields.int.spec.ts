import { expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** What a document shows of a row decides nothing about which row it is: elements that look equal stay apart. */

const make = (key: string) =>
  oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (${key}, a_id int, shown text, hidden text); INSERT INTO a VALUES (1), (2);
      INSERT INTO b SELECT i, 1, 'same', 'h' || i FROM generate_series(1, 4) i`,
    collections:
      'a: { table: public.a, embed: { bs: { many: public.b, on: { a_id: id }, fields: { only: [shown] } } } }',
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(a.id), 'bs', oracle.items((SELECT json_agg(json_build_object('shown', shown) ORDER BY b.id) FROM b WHERE b.a_id = a.id))) FROM a`,
    },
    tuning: SIZES.tiny,
  });

test('without a key the table is refused', async () => {
  await using job = await make('id int');
  await expect(job.load()).rejects.toMatchObject({ exit: 4 });
});

test('with a key that no field shows, elements that look equal are changed one by one', async () => {
  await using job = await make('id int PRIMARY KEY');
  await job.load();
  await job.isTrue();
  await job.after(
    `UPDATE b SET hidden = 'x'`,
    `UPDATE b SET shown = 'other' WHERE id = 2`,
    `UPDATE b SET id = id + 10 WHERE id = 3`,
  );
  await job.after(
    `DELETE FROM b WHERE id = 1; UPDATE b SET a_id = 2 WHERE id = 4`,
    `INSERT INTO b VALUES (1, 1, 'same', NULL)`,
  );
});
