import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OracleJob, oracleJob, SIZES } from '../oracle/index.js';

/** One table in many places: several collections, several embeds, references to itself. */

const SCHEMA = `
CREATE TABLE people (id int PRIMARY KEY, name text, boss_id int REFERENCES people ON DELETE SET NULL, buddy_id int REFERENCES people ON DELETE SET NULL, team text);
CREATE TABLE tasks (id int PRIMARY KEY, owner_id int REFERENCES people ON DELETE CASCADE, reviewer_id int REFERENCES people ON DELETE SET NULL, title text);
INSERT INTO people SELECT i, 'p' || i, nullif(i / 2, 0), CASE WHEN i % 3 = 0 THEN i END, 't' || i % 2 FROM generate_series(1, 9) i;
INSERT INTO tasks SELECT i, 1 + i % 9, CASE WHEN i % 4 > 0 THEN 1 + i % 4 END, 'k' || i FROM generate_series(1, 20) i;
`;
const COLLECTIONS = `
people:
  table: public.people
  fields: [name]
  embed:
    boss: { one: public.people, on: { id: boss_id }, fields: [name], embed: { boss: { one: public.people, on: { id: boss_id }, fields: [name] } } }
    buddy: { one: public.people, on: { id: buddy_id }, fields: [name] }
    reports: { many: public.people, on: { boss_id: id }, fields: [name], embed: { reports: { many: public.people, on: { boss_id: id }, value: name } } }
    team: { many: public.people, on: { team: team }, value: id }
    owned: { many: public.tasks, on: { owner_id: id }, fields: [title], embed: { reviewer: { one: public.people, on: { id: reviewer_id }, fields: [name] } } }
    reviewed: { many: public.tasks, on: { reviewer_id: id }, value: title }
tasks:
  table: public.tasks
  fields: [title]
  embed:
    owner: { one: public.people, on: { id: owner_id }, fields: [name], embed: { boss: { one: public.people, on: { id: boss_id }, fields: [name] } } }
    siblings: { many: public.tasks, on: { owner_id: owner_id }, value: id }
bosses: { table: public.people, where: "columns.boss_id === null", fields: [name], embed: { reports: { many: public.people, on: { boss_id: id }, value: id } } }
`;
const name = (alias: string) => `(SELECT json_build_object('name', ${alias}.name)`;
const TRUTH = {
  people: `SELECT json_build_object('_id', oracle.i(p.id), 'name', p.name,
    'boss', (SELECT json_build_object('name', b.name, 'boss', ${name('c')} FROM people c WHERE c.id = b.boss_id)) FROM people b WHERE b.id = p.boss_id),
    'buddy', ${name('b')} FROM people b WHERE b.id = p.buddy_id),
    'reports', oracle.items((SELECT json_agg(json_build_object('name', r.name, 'reports',
       oracle.items((SELECT json_agg(s.name ORDER BY s.id) FROM people s WHERE s.boss_id = r.id))) ORDER BY r.id) FROM people r WHERE r.boss_id = p.id)),
    'team', oracle.items((SELECT json_agg(oracle.i(t.id) ORDER BY t.id) FROM people t WHERE t.team = p.team)),
    'owned', oracle.items((SELECT json_agg(json_build_object('title', t.title, 'reviewer', ${name('r')} FROM people r WHERE r.id = t.reviewer_id)) ORDER BY t.id)
       FROM tasks t WHERE t.owner_id = p.id)),
    'reviewed', oracle.items((SELECT json_agg(t.title ORDER BY t.id) FROM tasks t WHERE t.reviewer_id = p.id))) FROM people p`,
  tasks: `SELECT json_build_object('_id', oracle.i(t.id), 'title', t.title,
    'owner', (SELECT json_build_object('name', o.name, 'boss', ${name('b')} FROM people b WHERE b.id = o.boss_id)) FROM people o WHERE o.id = t.owner_id),
    'siblings', oracle.items((SELECT json_agg(oracle.i(s.id) ORDER BY s.id) FROM tasks s WHERE s.owner_id = t.owner_id))) FROM tasks t`,
  bosses: `SELECT json_build_object('_id', oracle.i(p.id), 'name', p.name,
    'reports', oracle.items((SELECT json_agg(oracle.i(r.id) ORDER BY r.id) FROM people r WHERE r.boss_id = p.id))) FROM people p WHERE p.boss_id IS NULL`,
};

describe.each(Object.entries(SIZES))('a table in many places, with sizes that are %s,', (_name, tuning) => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({ schema: SCHEMA, collections: COLLECTIONS, truth: TRUTH, tuning });
  });
  afterAll(async () => job?.[Symbol.asyncDispose]());

  test('is in all of them after the load', async () => {
    await job.load();
    await job.isTrue();
  });

  test.each<[string, ...string[]]>([
    ['a row changes that is in all of them', `UPDATE people SET name = 'renamed' WHERE id IN (1, 2)`],
    ['a row comes to reference itself', `UPDATE people SET boss_id = id WHERE id = 4`],
    [
      'rows reference each other in a ring',
      `UPDATE people SET boss_id = 9 WHERE id = 4; UPDATE people SET boss_id = 8 WHERE id = 9`,
    ],
    ['a branch moves', `UPDATE people SET boss_id = 3 WHERE id = 2`],
    [
      'a row changes its team and its buddy',
      `UPDATE people SET team = NULL, buddy_id = 1 WHERE id = 5; UPDATE people SET team = 't1' WHERE id = 6`,
    ],
    ['rows come to the top', `UPDATE people SET boss_id = NULL WHERE id IN (4, 6)`],
    ['a row goes from under the others', `DELETE FROM people WHERE id = 3`],
    [
      'the key of a row changes',
      `INSERT INTO people VALUES (70, 'seventy', 1, 1, 't0')`,
      `UPDATE people SET id = 71 WHERE id = 70`,
    ],
    [
      'tasks move',
      `UPDATE tasks SET owner_id = 1 WHERE owner_id = 2; UPDATE tasks SET reviewer_id = owner_id WHERE id < 9`,
    ],
    ['all rows go', `TRUNCATE people CASCADE`],
  ])('is right when %s', async (_title, ...sql) => {
    await job.after(...sql);
  });
});

test('an `on` that is left out is the one foreign key between the tables, whichever way it points', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (x int, y int, name text, PRIMARY KEY (x, y));
      CREATE TABLE b (id int PRIMARY KEY, y int, x int, FOREIGN KEY (x, y) REFERENCES a (x, y));
      INSERT INTO a VALUES (1, 2, '1/2'), (2, 1, '2/1'); INSERT INTO b VALUES (1, 2, 1), (2, 1, 2), (3, 1, 2), (4, NULL, 2)`,
    collections: `a: { table: public.a, embed: { bs: { many: public.b, value: id } } }
b: { table: public.b, embed: { a: { one: public.a, fields: [name] } } }`,
    truth: {
      a: `SELECT json_build_object('_id', json_build_object('x', oracle.i(x), 'y', oracle.i(y)), 'name', name,
        'bs', oracle.items((SELECT json_agg(oracle.i(id) ORDER BY id) FROM b WHERE (b.x, b.y) = (a.x, a.y)))) FROM a`,
      b: `SELECT json_build_object('_id', oracle.i(id), 'y', oracle.i(y), 'x', oracle.i(x),
        'a', (SELECT json_build_object('name', name) FROM a WHERE (b.x, b.y) = (a.x, a.y))) FROM b`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after(
    `UPDATE b SET x = NULL WHERE id = 1; UPDATE b SET x = y, y = x WHERE id = 2; UPDATE b SET y = 1 WHERE id = 4`,
  );
  expect(await job.letters()).toEqual([]);
});

test('an embedded `one` that matches several rows is a dead letter until one is left', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE a (id int PRIMARY KEY, code int); CREATE TABLE b (id int PRIMARY KEY, code int, hidden bool);
      INSERT INTO a VALUES (1, 5), (2, 6); INSERT INTO b VALUES (1, 5, false), (2, 5, true), (3, 6, false)`,
    collections:
      'a: { table: public.a, embed: { b: { one: public.b, on: { code: code }, where: "!columns.hidden", fields: [id] } } }',
    truth: {
      a: `SELECT json_build_object('_id', oracle.i(id), 'code', oracle.i(code),
        'b', (SELECT json_build_object('id', oracle.i(id)) FROM b WHERE b.code = a.code AND NOT hidden)) FROM a`,
    },
  });
  await job.load();
  await job.isTrue();
  await job.pg.exec(`UPDATE b SET hidden = false WHERE id = 2`);
  expect(await job.letters()).toMatchObject([{ key: { id: '1' }, code: 'MORE_THAN_ONE' }]);
  await job.after(`UPDATE b SET code = 7 WHERE id = 1`);
  expect(await job.letters()).toEqual([]);
});
