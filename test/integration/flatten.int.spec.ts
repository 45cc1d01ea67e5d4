import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { type OracleJob, oracleJob, SIZES } from '../oracle/index.js';

/** Merged documents, with prefixes, in each other and with what is embedded in them, with null kept and left out. */

const SCHEMA = `
CREATE TABLE countries (code char(2) PRIMARY KEY, name text);
CREATE TABLE cities (id int PRIMARY KEY, name text, country char(2) REFERENCES countries ON DELETE SET NULL);
CREATE TABLE city_names (city_id int REFERENCES cities ON DELETE CASCADE, lang text, name text, PRIMARY KEY (city_id, lang));
CREATE TABLE venues (id bigint PRIMARY KEY, title text, city_id int REFERENCES cities ON DELETE SET NULL);
INSERT INTO countries VALUES ('CH', 'Switzerland'), ('X ', NULL);
INSERT INTO cities VALUES (1, 'Bern', 'CH'), (2, NULL, 'X '), (3, 'Nowhere', NULL);
INSERT INTO city_names VALUES (1, 'fr', 'Berne'), (1, 'de', 'Bern'), (3, 'en', NULL);
INSERT INTO venues VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, NULL, NULL);
`;
const embeds = (nulls: string) => `
  table: public.venues
  nulls: ${nulls}
  fields: { omit: [city_id] }
  embed:
    city:
      one: public.cities
      flatten: true
      prefix: city_
      fields: { only: [name], rename: { name: label }, computed: { upper: "columns.name && columns.name.toUpperCase()" } }
      embed:
        country: { one: public.countries, flatten: true, prefix: in_, fields: [code, name] }
        nation: { one: public.countries, fields: [code] }
        names: { many: public.city_names, value: name }
`;
const COLLECTIONS = `kept:${embeds('keep')}omitted:${embeds('omit')}`;
const kept = (
  names: string,
) => `json_build_object('_id', oracle.l(v.id), 'title', v.title, 'city_label', c.name, 'city_upper', upper(c.name),
  'city_in_code', rtrim(n.code), 'city_in_name', n.name,
  'city_nation', CASE WHEN n.code IS NOT NULL THEN json_build_object('code', rtrim(n.code)) END, 'city_names', ${names})`;
const FROM = 'FROM venues v LEFT JOIN cities c ON c.id = v.city_id LEFT JOIN countries n ON n.code = c.country';
const names = (where: string) =>
  `(SELECT json_agg(m.name ORDER BY m.lang COLLATE "C") FROM city_names m WHERE m.city_id = c.id${where})`;
const TRUTH = {
  kept: `SELECT ${kept(`oracle.items(${names('')})`)} ${FROM}`,
  omitted: `SELECT oracle.omit(${kept(`CASE WHEN c.id IS NOT NULL THEN oracle.items(${names(' AND m.name IS NOT NULL')}) END`)}) ${FROM}`,
};

describe.each(Object.entries(SIZES))('a flattened document, with sizes that are %s,', (_name, tuning) => {
  let job: OracleJob;
  beforeAll(async () => {
    job = await oracleJob({ schema: SCHEMA, collections: COLLECTIONS, truth: TRUTH, tuning });
  });
  afterAll(async () => job?.[Symbol.asyncDispose]());

  test('is merged by the load', async () => {
    await job.load();
    await job.isTrue();
  });

  test.each<[string, ...string[]]>([
    [
      'a merged column changes',
      `UPDATE cities SET name = 'Biel' WHERE id IN (1, 2); UPDATE countries SET name = 'Suisse' WHERE code = 'CH'`,
    ],
    ['a merged column becomes null', `UPDATE cities SET name = NULL WHERE id = 1; UPDATE countries SET name = NULL`],
    ['the row that is merged is another', `UPDATE venues SET city_id = 4 - city_id`],
    [
      'the row within the one that is merged is another',
      `UPDATE cities SET country = 'X' WHERE id = 1`,
      `UPDATE cities SET country = 'CH' WHERE id = 3`,
    ],
    [
      'there is no row to merge any more',
      `UPDATE venues SET city_id = NULL WHERE id = 1; DELETE FROM countries WHERE code = 'X'; DELETE FROM cities WHERE id = 2`,
    ],
    ['there is one again', `UPDATE venues SET city_id = 1`],
    [
      'an array in it changes',
      `INSERT INTO city_names VALUES (1, 'it', 'Berna'); DELETE FROM city_names WHERE lang = 'de'; UPDATE city_names SET name = NULL WHERE lang = 'fr'`,
    ],
  ])('is right when %s', async (_title, ...sql) => {
    await job.after(...sql);
  });
});
