import { expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** A join column that changes in a table without primary key: refused in continuous mode, right with any key. */

const make = (key: string) =>
  oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE m (a_id int, b_id int NOT NULL, code int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, m_code int);
      ${key}; INSERT INTO a VALUES (1), (2), (3); INSERT INTO m VALUES (1, 1, 10), (2, 2, 20); INSERT INTO b VALUES (1, 10), (2, 10), (3, 20)`,
    collections:
      'a: { table: public.a, embed: { ms: { many: public.m, on: { a_id: id }, fields: [code], embed: { bs: { many: public.b, on: { m_code: code }, value: id } } } } }',
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(a.id), 'ms', oracle.items((SELECT json_agg(json_build_object('code', oracle.i(code), 'bs',
        oracle.items((SELECT json_agg(oracle.i(b.id) ORDER BY b.id) FROM b WHERE b.m_code = m.code))) ORDER BY m.b_id) FROM m WHERE m.a_id = a.id))) FROM a`,
    },
    tuning: SIZES.odd,
  });

test('a key-less table in the middle is refused', async () => {
  await using job = await make('SELECT 1');
  await expect(job.load()).rejects.toMatchObject({ exit: 4 });
});

test.each([
  ['a primary key', 'ALTER TABLE m ADD PRIMARY KEY (b_id)'],
  [
    'a unique index as replica identity',
    'CREATE UNIQUE INDEX m_b ON m (b_id); ALTER TABLE m REPLICA IDENTITY USING INDEX m_b',
  ],
])('with %s children follow every join column that changes', async (_name, key) => {
  await using job = await make(key);
  await job.load();
  await job.isTrue();
  await job.after(
    'UPDATE m SET a_id = 3 WHERE b_id = 1',
    'UPDATE m SET code = 20 WHERE b_id = 1',
    'UPDATE m SET a_id = NULL WHERE b_id = 2',
  );
  await job.after('UPDATE m SET code = code + 1, a_id = 1, b_id = b_id + 5');
});
