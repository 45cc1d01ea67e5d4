import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { type OracleJob, oracleJob, SIZES } from '../oracle/index.js';

/** Order, limits and plain values of embedded arrays. */

const SCHEMA = `
CREATE TYPE mood AS ENUM ('zen', 'angry', 'mild');
CREATE TABLE boards (id int PRIMARY KEY);
CREATE TABLE cards (id int PRIMARY KEY, board_id int REFERENCES boards ON DELETE CASCADE, title text, points numeric, at timestamptz, mood mood, shown bool NOT NULL DEFAULT true);
CREATE TABLE board_tags (board_id int, tag text, PRIMARY KEY (board_id, tag));
INSERT INTO boards SELECT generate_series(1, 5);
INSERT INTO cards SELECT i, 1 + i % 4, (ARRAY['b', 'a', 'é', 'B', NULL, '', 'ab'])[1 + i % 7], CASE WHEN i % 6 = 0 THEN NULL ELSE (i % 3)::numeric / 10 END,
  '2024-01-01Z'::timestamptz + (i % 5) * '1 microsecond'::interval, (ARRAY['zen', 'angry', 'mild', NULL]::mood[])[1 + i % 4] FROM generate_series(1, 40) i;
INSERT INTO board_tags SELECT b, t FROM generate_series(1, 3) b, unnest('{x,B,a}'::text[]) t;
`;

const COLLECTIONS = `
boards:
  table: public.boards
  embed:
    byKey: { many: public.cards, fields: [id] }
    byTitle: { many: public.cards, fields: [id], sort: [title] }
    byPoints: { many: public.cards, fields: [id, points], sort: [-points, title] }
    byTime: { many: public.cards, fields: [id, at], sort: [-at] }
    byMood: { many: public.cards, fields: [id, mood], sort: [mood, -id] }
    first: { many: public.cards, fields: [id], sort: [title, -points], limit: 3 }
    firstShown: { many: public.cards, fields: [id], where: "columns.shown", limit: 2 }
    titles: { many: public.cards, value: title, sort: [-title], limit: 4 }
    known: { many: public.cards, value: title, nulls: omit }
    points: { many: public.cards, value: points, fields: { types: { points: string } } }
    lengths: { many: public.cards, value: length, fields: { computed: { length: "columns.title === null ? null : columns.title.length" }, types: { length: int } }, nulls: omit }
    tags: { many: public.board_tags, on: { board_id: id }, value: tag }
`;

const cards = (value: string, order: string, more = '') =>
  `oracle.items((SELECT json_agg(v ORDER BY n) FROM (SELECT ${value} AS v, row_number() OVER (ORDER BY ${order}) AS n FROM cards c WHERE c.board_id = b.id${more})x)`;
const id = `json_build_object('id', oracle.i(c.id))`;
const limited = (value: string, order: string, limit: number, more = '') =>
  `${cards(value, order, more).replace(/\)x\)$/, `)x WHERE n <= ${limit})`)}`;
const TRUTH = {
  boards: `SELECT json_build_object('_id', oracle.i(b.id),
    'byKey', ${cards(id, 'id')}),
    'byTitle', ${cards(id, 'title COLLATE "C" NULLS FIRST, id')}),
    'byPoints', ${cards(`json_build_object('id', oracle.i(c.id), 'points', oracle.d(trim_scale(c.points)))`, 'points DESC NULLS LAST, title COLLATE "C" NULLS FIRST, id')}),
    'byTime', ${cards(`json_build_object('id', oracle.i(c.id), 'at', oracle.t(c.at))`, 'at DESC NULLS LAST, id')}),
    'byMood', ${cards(`json_build_object('id', oracle.i(c.id), 'mood', c.mood)`, 'mood::text COLLATE "C" NULLS FIRST, id DESC')}),
    'first', ${limited(id, 'title COLLATE "C" NULLS FIRST, points DESC NULLS LAST, id', 3)}),
    'firstShown', ${limited(id, 'id', 2, ' AND c.shown')}),
    'titles', ${limited('to_json(c.title)', 'title COLLATE "C" DESC NULLS LAST, id', 4)}),
    'known', ${cards('to_json(c.title)', 'id', ' AND c.title IS NOT NULL')}),
    'points', ${cards('to_json(c.points::text)', 'id')}),
    'lengths', ${cards('oracle.i(length(c.title))', 'id', ' AND c.title IS NOT NULL')}),
    'tags', oracle.items((SELECT json_agg(tag ORDER BY tag COLLATE "C") FROM board_tags t WHERE t.board_id = b.id))) FROM boards b`,
};

describe.each(Object.entries(SIZES))('an array, with sizes that are %s,', (_name, tuning) => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({
      schema: SCHEMA.replace('(i % 3)::numeric / 10', 'trim_scale((i % 3)::numeric / 10)'),
      collections: COLLECTIONS,
      truth: TRUTH,
      tuning,
    });
  });
  afterAll(async () => job?.[Symbol.asyncDispose]());

  test('is in its order after the load', async () => {
    await job.load();
    await job.isTrue();
  });

  test.each<[string, ...string[]]>([
    [
      'what it is sorted by changes',
      `UPDATE cards SET title = 'zz' WHERE id % 5 = 0; UPDATE cards SET points = 7 WHERE id = 8`,
    ],
    [
      'what it is sorted by becomes null',
      `UPDATE cards SET title = NULL, points = NULL, mood = NULL, at = NULL WHERE id BETWEEN 10 AND 14`,
    ],
    ['one leaves those that a limit keeps', `DELETE FROM cards WHERE id IN (1, 2, 3, 4)`],
    [
      'one comes before those that a limit keeps',
      `INSERT INTO cards VALUES (-1, 1, NULL, 99, NULL, NULL), (-2, 2, '', 99, NULL, NULL)`,
    ],
    [
      'those before a limit stop and start to match',
      `UPDATE cards SET shown = false WHERE id < 12`,
      `UPDATE cards SET shown = true WHERE id = 9`,
    ],
    ['a value changes', `UPDATE cards SET title = title || '?' WHERE id < 20`],
    [
      'all rows go and some come',
      `DELETE FROM cards WHERE board_id = 3`,
      `INSERT INTO cards VALUES (100, 3, 'x', 0.5, now(), 'zen'), (99, 3, 'x', 0.5, now(), 'zen')`,
    ],
    [
      'rows of a plain array come and go, and change by their key',
      `DELETE FROM board_tags WHERE tag = 'B'; INSERT INTO board_tags VALUES (4, 'new'), (1, 'ä');
      UPDATE board_tags SET tag = 'Z' WHERE tag = 'x'; UPDATE board_tags SET board_id = board_id + 3 WHERE tag = 'a'`,
    ],
    ['it is truncated', 'TRUNCATE cards, board_tags'],
  ])('is right when %s', async (_title, ...sql) => {
    await job.after(...sql);
  });
});
