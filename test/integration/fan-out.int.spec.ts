import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FAN_OUT_ROWS } from '#transform';
import { type OracleJob, oracleJob } from '../oracle/index.js';

/** A look-up row with more roots than a batch takes: its change reaches all of them, by a task that pages. */

const ROOTS = FAN_OUT_ROWS + 1_500;

describe('a look-up with very many roots', () => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({
      schema: `CREATE TABLE kinds (id int PRIMARY KEY, name text, code text); CREATE TABLE items (id int PRIMARY KEY, kind_id int, alt text);
        INSERT INTO kinds VALUES (1, 'one', 'x'), (2, 'two', 'y'); INSERT INTO items SELECT i, 1 + (i > ${ROOTS - 50})::int, 'x' FROM generate_series(1, ${ROOTS}) i`,
      collections: `items: { table: public.items, fields: [kind_id], embed: { kind: { one: public.kinds, on: { id: kind_id }, fields: [name] }, alt: { one: public.kinds, on: { code: alt }, fields: [name] } } }`,
      truth: {
        items: `SELECT json_build_object('_id', oracle.i(i.id), 'kind_id', oracle.i(kind_id), 'kind', (SELECT json_build_object('name', name) FROM kinds k WHERE k.id = i.kind_id),
          'alt', (SELECT json_build_object('name', name) FROM kinds k WHERE k.code = i.alt)) FROM items i`,
      },
    });
    await job.load();
  }, 120_000);
  afterAll(async () => job?.[Symbol.asyncDispose]());

  const wrong = async (sql: string) => {
    await job.pg.exec(sql);
    await job.synced();
    const [found, expected] = [await job.documents('items'), await job.expected(job.truth['items'] as string)];
    const known = new Set(expected);
    return { count: found.length - expected.length, wrong: found.filter((document) => !known.has(document)).length };
  };

  test.each([
    ['its column changes', `UPDATE kinds SET name = 'changed' WHERE id = 1`],
    [
      'it changes several times at once',
      `UPDATE kinds SET name = 'again' WHERE id = 1; UPDATE kinds SET name = 'third' WHERE id = 1; UPDATE kinds SET name = NULL WHERE id = 2`,
    ],
    [
      'it changes while its roots move away',
      `UPDATE kinds SET name = 'fourth' WHERE id = 1; UPDATE items SET kind_id = 2 WHERE id % 2 = 0; UPDATE kinds SET name = 'fifth'`,
    ],
    ['its join value changes', `UPDATE kinds SET code = 'none' WHERE id = 1`],
    ['another row takes its join value', `UPDATE kinds SET code = 'x' WHERE id = 2`],
    ['it goes', `DELETE FROM kinds WHERE id = 2`],
    ['it comes back', `INSERT INTO kinds VALUES (2, 'back', 'x')`],
  ])(
    'reaches them all when %s',
    async (_title, sql) => {
      expect(await wrong(sql)).toEqual({ count: 0, wrong: 0 });
    },
    120_000,
  );
});
