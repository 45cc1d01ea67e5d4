import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Double } from 'bson';
import { canonicalizer, type ValueType } from '#model';
import { type TestPostgres, testPostgres } from '#testing';
import { comparator } from './comparator.js';
import { converter } from './converter.js';

/** What is assumed of PostgreSQL's text, its order and its equality, asked of a real one. */
const SETTINGS = `SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = 'hex';`;
const type = (kind: string, more: object = {}) => ({ kind, name: kind, ...more }) as ValueType;
const INT_ARRAY = type('array', { element: type('int32') });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await testPostgres();
  await postgres.exec(
    SETTINGS.split('; ')
      .map((setting) => setting.replace('SET ', `ALTER DATABASE "${postgres.database}" SET `))
      .join('; '),
  );
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
});

/** The settings are sent with each statement: a connection may be older than the database's own. */
async function texts(sql: string): Promise<Record<string, string>[]> {
  const [set] = await postgres.query<{ rows: Record<string, string>[] }>(
    `SELECT coalesce(json_agg(q), '[]') AS rows FROM (SELECT set_config('DateStyle', 'ISO', false), set_config('IntervalStyle', 'iso_8601', false), set_config('TimeZone', 'UTC', false), set_config('extra_float_digits', '1', false)) s CROSS JOIN LATERAL (${sql}) q`,
  );
  return (set as { rows: Record<string, string>[] }).rows;
}

const VALUES: [string, ValueType, string[]][] = [
  ['bigint', type('int64'), ['9223372036854775807', '-9223372036854775808', '0', '-1', '10', '9', '-10']],
  [
    'numeric',
    type('numeric'),
    [
      'NaN',
      'Infinity',
      '-Infinity',
      '0',
      '0.00',
      '-0.5',
      '-0.50',
      '10.1',
      '9.99',
      '1e30',
      '1e-30',
      '-1e30',
      '123.4500',
    ],
  ],
  ['float8', type('float64'), ['NaN', 'Infinity', '-Infinity', '-0', '0', '1e20', '1e-7', '0.1', '-2.5', '123456789']],
  ['text', type('text'), ['', 'a', 'A', 'b', 'ab', 'é', '\uFFFD', '😀', ' a', 'a ']],
  ['char(3)', type('char'), ['', 'a', 'ab', 'A', 'a b']],
  ['bool', type('bool'), ['t', 'f']],
  ['bytea', type('bytes'), ['\\x', '\\x00', '\\x0001', '\\xff']],
  [
    'uuid',
    type('uuid'),
    [
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A12',
      '00000000-0000-0000-0000-000000000000',
    ],
  ],
  [
    'date',
    type('date'),
    [
      'infinity',
      '-infinity',
      '4713-01-01 BC',
      '0001-12-31 BC',
      '0001-01-01',
      '2024-02-29',
      '10000-01-01',
      '5874897-12-31',
    ],
  ],
  [
    'timestamp',
    type('timestamp'),
    [
      'infinity',
      '-infinity',
      '0044-03-15 12:00:00.5 BC',
      '0044-03-15 12:00:00 BC',
      '1969-12-31 23:59:59.999999',
      '2024-01-01',
      '2024-01-01 00:00:00.1',
      '2024-01-01 00:00:00.100001',
      '294276-12-31',
    ],
  ],
  [
    'timestamptz',
    type('timestamptz'),
    [
      'infinity',
      '0044-03-15 12:00:00 BC',
      '2024-01-01 00:00:00+02',
      '2024-01-01',
      '2024-01-01 00:00:00.000001',
      '10000-01-01',
    ],
  ],
  ['time', type('time'), ['00:00', '24:00:00', '10:00:00.000001', '10:00', '09:59:59.999999']],
  [
    'interval',
    type('interval'),
    [
      '1 mon',
      '30 days',
      '29 days',
      '720:00:00',
      '-1 day',
      '-0.5 sec',
      '1 year 2 mons -3 days 04:05:06.789',
      '-1 year',
      '0',
      '1 week',
    ],
  ],
  ['int[]', INT_ARRAY, ['{}', '{1}', '{1,2}', '{NULL}', '{1,NULL}', '{10}', '{2}', '[2:3]={1,3}', '{{1,2},{3,4}}']],
];
const lateral = (sqlType: string, values: string[]) =>
  `(VALUES ${values.map((value) => `('${value}'::${sqlType})`).join(', ')}) AS list(v)`;
const collate = (sqlType: string) => (sqlType === 'text' || sqlType.startsWith('char') ? 'COLLATE "C"' : '');

describe('PostgreSQL', () => {
  test.each(VALUES)('orders %s as the comparator does', async (sqlType, source, values) => {
    const rows = await texts(
      `SELECT v::text AS v, dense_rank() OVER (ORDER BY v ${collate(sqlType)})::int AS rank FROM ${lateral(sqlType, values)}`,
    );
    const compare = comparator(source, false);
    for (const a of rows) {
      for (const b of rows) {
        const [x, y] = [Number(a['rank']), Number(b['rank'])];
        expect([a['v'], b['v'], Math.sign(compare(a['v'] as string, b['v'] as string))]).toEqual([
          a['v'],
          b['v'],
          Math.sign(x - y),
        ]);
      }
    }
  });

  test.each(VALUES.filter(([, source]) => source.kind !== 'interval' && source.kind !== 'array'))(
    'takes values of %s for equal where their canonical encodings are',
    async (sqlType, source, values) => {
      const list = lateral(sqlType, values);
      const rows = await texts(
        `SELECT x.v::text AS a, y.v::text AS b, x.v = y.v AS same FROM ${list.replace('list(v)', 'x(v)')}, ${list.replace('list(v)', 'y(v)')}`,
      );
      const encode = canonicalizer([source], [0]);
      for (const { a, b, same } of rows)
        expect([a, b, encode([a as string]) === encode([b as string])]).toEqual([a, b, same]);
    },
  );

  test('means by its timestamps the millisecond that the converter finds', async () => {
    const rows = await texts(`SELECT t::text AS text, floor(extract(epoch FROM t) * 1000)::text AS ms
      FROM (SELECT timestamptz '2000-01-01' + (random() * 270000 - 6600) * interval '1 year' + interval '1 microsecond' * n AS t FROM generate_series(1, 300) n
        UNION ALL SELECT timestamptz '1970-01-01' + (random() - 0.5) * interval '60 years' + interval '1 microsecond' * n FROM generate_series(1, 300) n) s`);
    const convert = converter(type('timestamptz'), undefined);
    for (const { text, ms } of rows)
      expect([text, (convert(text as string) as Date).getTime()]).toEqual([text, Number(ms)]);
    expect(rows).toHaveLength(600);
  });

  test('means by its days the midnight that the converter finds', async () => {
    const rows = await texts(`SELECT d::text AS text, ((d - date '1970-01-01')::int8 * 86400000)::text AS ms
      FROM (SELECT date '4713-01-01 BC' + n * 367 AS d FROM generate_series(0, 20000, 7) n) s`);
    const convert = converter(type('date'), undefined);
    for (const { text, ms } of rows)
      expect([text, (convert(text as string) as Date).getTime()]).toEqual([text, Number(ms)]);
    expect(rows.length).toBeGreaterThan(2000);
  });

  test('writes doubles so that they are read back bit by bit', async () => {
    const rows = await texts(`SELECT v::text AS text, encode(float8send(v), 'hex') AS bits
      FROM (SELECT (random() - 0.5) * 10::float8 ^ (n % 600 - 300) AS v FROM generate_series(1, 300) n UNION ALL VALUES ('-0'::float8), ('5e-324'), ('1.7976931348623157e308'), ('-Infinity')) s`);
    const convert = converter(type('float64'), undefined);
    for (const { text, bits } of rows) {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleBE((convert(text as string) as Double).value);
      expect([text, bytes.toString('hex')]).toEqual([text, bits]);
    }
  });

  test('writes arrays as the converter reads them', async () => {
    const [row] = await texts(
      `SELECT ARRAY['a', 'b c', 'd"e', E'f\\\\g', 'NULL', NULL, '', '{x}', ' ', E'tab\\t', E'line\\n']::text[]::text AS v`,
    );
    const convert = converter(type('array', { element: type('text') }), undefined);
    expect(convert((row as { v: string }).v)).toEqual([
      'a',
      'b c',
      'd"e',
      'f\\g',
      'NULL',
      null,
      '',
      '{x}',
      ' ',
      'tab\t',
      'line\n',
    ]);
  });
});
