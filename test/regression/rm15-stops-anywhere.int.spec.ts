import { expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Whatever is done again after a stop is done with the same result: no duplicate, no letter, no document lost. */
test('a job that is stopped again and again while it works ends in the same documents', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, code text, v int); CREATE TABLE b (id int PRIMARY KEY, a_id int, v int);
      INSERT INTO a SELECT i, 'c' || i, 0 FROM generate_series(1, 60) i; INSERT INTO b SELECT i, 1 + i % 60, 0 FROM generate_series(1, 180) i`,
    collections: `a: { table: public.a, embed: { bs: { many: public.b, on: { a_id: id }, fields: [id, v] } } }\ncodes: { table: public.a, id: code, fields: [v] }`,
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(a.id), 'code', code, 'v', oracle.i(v), 'bs',
        oracle.items((SELECT json_agg(json_build_object('id', oracle.i(b.id), 'v', oracle.i(b.v)) ORDER BY b.id) FROM b WHERE b.a_id = a.id))) FROM a`,
      codes: `SELECT json_build_object('_id', code, 'v', oracle.i(v)) FROM a`,
    },
    tuning: { ...SIZES.odd, chunkRows: 10 },
  });
  for (const phase of ['loading', 'building', 'streaming']) {
    await job.loadUntil(phase);
    await job.stop();
    await job.pg.exec(
      `UPDATE a SET v = v + 1; UPDATE b SET a_id = 1 + (a_id + 7) % 60, v = v + 1; UPDATE a SET code = 'd' || code WHERE id % 9 = 0`,
    );
  }
  await job.load();
  for (const round of [1, 2, 3]) {
    await job.pg.exec(
      `UPDATE b SET v = ${round} WHERE id % 2 = 0; UPDATE a SET v = -v WHERE id < 20; DELETE FROM b WHERE id = ${round}`,
    );
    await job.stop();
    await job.load();
  }
  await job.isTrue();
  expect(await job.letters()).toEqual([]);
});
