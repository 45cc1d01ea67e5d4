import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serialize } from 'bson';
import { extendedJson, type OracleJob, oracleJob, SIZES } from '../oracle/index.js';
import { CASES, type TypeCase } from './types.cases.js';

/** Every type at its bounds: the load, an insert and an update make the same bytes, those that the table of types says. */

const BY_LOAD = 1_000;
const BY_INSERT = 2_000;
const BY_UPDATE = 3_000;

const table = (index: number) => `t${index}`;
const values = ({ type, values: cases }: TypeCase, offset: number) =>
  cases.map(([sql], i) => `(${offset + i}, (${sql})::${type})`).join(', ');

let job: OracleJob;
let letters: Set<string>;

beforeAll(async () => {
  const each = (make: (example: TypeCase, index: number) => string) => CASES.map(make).join('\n');
  job = await oracleJob({
    schema: `CREATE TYPE color AS ENUM ('red', 'Very Blue'); CREATE DOMAIN posint AS int CHECK (VALUE > 0);
      ${each(({ type }, i) => `CREATE TABLE ${table(i)} (id int PRIMARY KEY, v ${type});`)}
      ${each(
        (example, i) => `INSERT INTO ${table(i)} VALUES ${values(example, BY_LOAD)};
        INSERT INTO ${table(i)} SELECT ${BY_UPDATE} + i, NULL FROM generate_series(0, ${example.values.length - 1}) i;`,
      )}`,
    collections: each(
      ({ as }, i) =>
        `${table(i)}: { table: public.${table(i)}${as === undefined ? '' : `, fields: { types: { v: ${as} } }`} }`,
    ),
    truth: { [table(0)]: `SELECT NULL::json WHERE false` },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.pg.exec(
    each(
      (example, i) => `INSERT INTO ${table(i)} VALUES ${values(example, BY_INSERT)};
    UPDATE ${table(i)} SET v = x.v FROM (VALUES ${values(example, BY_UPDATE)}) x (id, v) WHERE x.id = ${table(i)}.id;`,
    ),
  );
  letters = new Set((await job.letters()).map(({ collection, key }) => `${collection} ${key['id']}`));
}, 120_000);
afterAll(async () => job?.[Symbol.asyncDispose]());

describe('a value', () => {
  test.each(CASES.map(({ type, as }, i) => [as === undefined ? type : `${type} as ${as}`, i] as const))(
    'of type %s is the same by load, insert and update',
    async (_name, index) => {
      const { values: cases } = CASES[index] as TypeCase;
      const found = new Map(
        (await job.mongo.db.collection<{ _id: number }>(table(index)).find({}, { raw: true }).toArray()).map((raw) => {
          const bytes = raw as unknown as Uint8Array;
          return [
            (JSON.parse(extendedJson(bytes)) as { _id: { $numberInt: string } })._id.$numberInt,
            Buffer.from(bytes).toString('hex'),
          ];
        }),
      );
      for (const [i, [sql, value]] of cases.entries()) {
        for (const id of [BY_LOAD + i, BY_INSERT + i, BY_UPDATE + i]) {
          const refused = value === undefined;
          const bytes = refused ? undefined : Buffer.from(serialize({ _id: id, v: value })).toString('hex');
          const expected =
            id >= BY_UPDATE && refused ? Buffer.from(serialize({ _id: id, v: null })).toString('hex') : bytes;
          expect({ sql, id, bytes: found.get(String(id)), letter: letters.has(`${table(index)} ${id}`) }).toEqual({
            sql,
            id,
            bytes: expected,
            letter: refused,
          });
        }
      }
    },
  );
});
