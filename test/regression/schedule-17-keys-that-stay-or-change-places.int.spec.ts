import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Delete and insert of one row have one position, and may have one key: in other digits, or in a place that another row has just left. */
test('a key that becomes an equal one in other digits, and keys that change places in one transaction, lose nothing', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE prices (id numeric PRIMARY KEY, name text NOT NULL UNIQUE, v text); CREATE TABLE seats (id int PRIMARY KEY, guest text);
      CREATE TABLE meals (no int PRIMARY KEY, seat int, dish text);
      INSERT INTO prices VALUES (1.0, 'one', 'eins'), (2.00, 'two', 'zwei'); INSERT INTO seats VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Cy');
      INSERT INTO meals VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 2, 'c')`,
    collections: `prices: { table: public.prices, id: name, fields: { types: { id: string } } }
seats:
  table: public.seats
  embed:
    meals: { many: public.meals, on: { seat: id }, value: dish }`,
    truth: {
      prices: `SELECT json_build_object('_id', name, 'id', id::text, 'v', v) FROM prices`,
      seats: `SELECT json_build_object('_id', oracle.i(id), 'guest', guest,
        'meals', oracle.items((SELECT json_agg(dish ORDER BY no) FROM meals WHERE seat = seats.id))) FROM seats`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after('UPDATE prices SET id = 1.00 WHERE id = 1', "UPDATE prices SET id = 2, v = 'deux' WHERE id = 2");
  await job.after(
    'BEGIN; UPDATE seats SET id = 0 WHERE id = 1; UPDATE seats SET id = 1 WHERE id = 2; UPDATE seats SET id = 2 WHERE id = 0; COMMIT',
  );
  await job.after(
    'BEGIN; DELETE FROM seats WHERE id = 3; UPDATE seats SET id = 3 WHERE id = 1; UPDATE meals SET seat = 3 - seat; COMMIT',
  );
});
