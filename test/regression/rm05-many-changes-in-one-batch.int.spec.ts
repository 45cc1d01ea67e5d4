import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Several rows that change in one transaction, or in one batch, each reach their documents, whatever the size of batches. */
test.each(Object.keys(SIZES) as (keyof typeof SIZES)[])(
  'every row of a transaction reaches its document (sizes: %s)',
  async (sizes) => {
    await using job = await oracleJob({
      schema: `CREATE TABLE a (id int PRIMARY KEY, x int, y int); CREATE TABLE b (x int, y int, n int, v text, PRIMARY KEY (x, y, n));
      INSERT INTO a SELECT i, i % 5, i % 3 FROM generate_series(1, 30) i; INSERT INTO b SELECT i % 5, i % 3, i, 'v' FROM generate_series(1, 60) i`,
      collections: 'a: { table: public.a, embed: { bs: { many: public.b, on: { x: x, y: y }, fields: [n, v] } } }',
      truth: {
        a: `SELECT json_build_object('_id', oracle.i(id), 'x', oracle.i(x), 'y', oracle.i(y), 'bs', oracle.items((SELECT json_agg(json_build_object('n', oracle.i(n), 'v', v)
        ORDER BY b.x, b.y, n) FROM b WHERE (b.x, b.y) = (a.x, a.y)))) FROM a`,
      },
      tuning: SIZES[sizes],
    });
    await job.load();
    await job.after(`UPDATE b SET v = 'w' || n`);
    await job.after(
      `BEGIN; UPDATE b SET v = 'x'; UPDATE b SET v = v || n WHERE n % 2 = 0; DELETE FROM b WHERE n % 7 = 0; INSERT INTO b SELECT x, y, n + 100, 'new' FROM b; COMMIT`,
    );
  },
);
