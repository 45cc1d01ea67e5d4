import { expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

const PEOPLE = {
  schema: `CREATE TABLE people (id int PRIMARY KEY, email text, born date);
    INSERT INTO people SELECT i, 'p' || i, '2000-01-01' FROM generate_series(1, 9) i`,
  truth: {
    people: `SELECT json_build_object('_id', email, 'id', oracle.i(id), 'born', json_build_object('$date', json_build_object('$numberLong',
      (extract(epoch FROM born) * 1000)::bigint::text))) FROM people WHERE isfinite(born)`,
  },
  collections: 'people: { table: public.people, id: email }',
  tuning: SIZES.odd,
};

test('a document whose row is there under another _id is removed when the job is loaded again', async () => {
  await using job = await oracleJob(PEOPLE);
  await job.load();
  await job.isTrue();
  await job.stop();
  await job.pg.exec(`UPDATE people SET email = 'q' || id WHERE id < 4;
    UPDATE people SET email = CASE id WHEN 5 THEN 'p6' ELSE 'p5' END WHERE id IN (5, 6); DELETE FROM people WHERE id = 9`);
  await job.load({ fresh: true });
  await job.isTrue();
  expect(await job.documents('people')).toHaveLength(8);
});

test('a document that cannot be written keeps its last good version through another load, and leaves it later', async () => {
  await using job = await oracleJob(PEOPLE);
  await job.load();
  await job.isTrue();
  await job.stop();
  await job.pg.exec(`UPDATE people SET email = 'bad', born = 'infinity' WHERE id = 3`);
  await job.load({ fresh: true });
  await job.synced();
  expect((await job.documents('people')).filter((document) => document.includes('"_id":"p3"'))).toHaveLength(1);
  await job.after(`UPDATE people SET born = '2000-01-02' WHERE id = 3`);
});
