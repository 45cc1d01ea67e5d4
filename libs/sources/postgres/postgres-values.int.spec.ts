import { describe, expect, test } from '@jest/globals';
import { testPostgres } from '#testing';
import type { TablePlan } from '#model';
import type { LoadedRows, Source } from '../source.js';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';

/** Type, and values of it as SQL: each in a row of its own, beside NULL. */
const VALUES: [string, string[]][] = [
  ['smallint', ['-32768', '32767']],
  ['integer', ['0', '-2147483648']],
  ['bigint', ['9223372036854775807', '-1']],
  ['numeric', ["'NaN'", "'-Infinity'", '1e-30', '123456789012345678901234567890.1234567890', "'0.00'"]],
  ['numeric(12,3)', ['1.5', '-0.001']],
  ['real', ["'-0'", '3.4028235e38', "'NaN'", '1e-45', '0.1']],
  ['double precision', ["'-0'", '0.1', "'Infinity'", '4.9e-324', '1.7976931348623157e308']],
  ['boolean', ['true', 'false']],
  ['text', ["''", "E'tab\\tline\\nback\\\\slash\\r\\b\\f\\v'", "'\\N'", "'ümläut 𝄞'", "repeat('long', 5000)"]],
  ['varchar(10)', ["'v  '"]],
  ['char(5)', ["'ab'", "''"]],
  ['"char"', ["'x'"]],
  ['name', ["'n'"]],
  ['bytea', ["'\\x00ff5c4e'", "''"]],
  ['uuid', ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"]],
  ['date', ["'2024-02-29'", "'infinity'", "'0044-03-15 BC'", "'5874897-12-31'"]],
  ['time', ["'24:00:00'", "'01:02:03.000004'"]],
  ['timetz', ["'12:00:00.5+05:30'"]],
  [
    'timestamp',
    ["'2024-01-02 03:04:05.678901'", "'-infinity'", "'4713-01-01 00:00:00 BC'", "'294276-12-31 23:59:59.999999'"],
  ],
  ['timestamptz', ["'2024-07-02 03:04:05.678901+02'", "'infinity'", "'1900-01-01 00:00:00+00'"]],
  ['interval', ["'1 year 2 mons 3 days 04:05:06.789'", "'-1 day'", "'0'"]],
  ['money', ['1234.56']],
  ['oid', ['4294967295']],
  ['json', ['\'{"a": 1,  "a": 2, "s": "\\u00fc\\\\n"}\'']],
  ['jsonb', ['\'{"b": [1.0, null, 12345678901234567890], "a": "x"}\'', "'null'"]],
  ['xml', ["'<a>b</a>'"]],
  ['inet', ["'192.168.0.1/24'", "'::1'"]],
  ['cidr', ["'10.0.0.0/8'"]],
  ['macaddr', ["'08:00:2b:01:02:03'"]],
  ['bit(5)', ["B'10101'"]],
  ['bit varying', ["B''", "B'01'"]],
  ['tsvector', ["'a:1 b:2'::tsvector"]],
  ['point', ["'(1.5,-2)'"]],
  ['polygon', ["'((0,0),(1,1),(1,0))'"]],
  ['int4range', ["'[1,5)'", "'empty'", "'(,)'"]],
  ['tstzrange', ["'[2024-01-01 00:00+02,)'"]],
  ['nummultirange', ["'{[1,2),[3,4)}'"]],
  ['integer[]', ["'{}'", "'{{1,2},{3,NULL}}'", "'[0:1]={1,2}'"]],
  ['text[]', ["ARRAY['a,b', 'c\"d', NULL, '', '\\']"]],
  ['timestamptz[]', ["ARRAY['2024-01-01 00:00+02'::timestamptz]"]],
  ['bytea[]', ["ARRAY['\\x01'::bytea]"]],
  ['mood', ["'sad'", "'so happy'"]],
  ['mood[]', ['\'{sad,"so happy"}\'']],
  ['amount', ['1.25']],
  ['pair', ["ROW(1, 'a b')"]],
  ['tid', ["'(1,2)'"]],
  ['pg_lsn', ["'0/16B3748'"]],
  ['regclass', ["'pg_class'"]],
  ['jsonpath', ["'$.a'"]],
];

const TYPES = `CREATE TYPE mood AS ENUM ('sad', 'so happy'); CREATE DOMAIN amount AS numeric(10,2) CHECK (VALUE > 0); CREATE TYPE pair AS (a int, b text)`;

function setup(): string {
  const columns = VALUES.map(([type], i) => `c${i} ${type}`).join(', ');
  const rows = VALUES.flatMap(([, values], i) => values.map((value) => `INSERT INTO model (c${i}) VALUES (${value})`));
  return `${TYPES}; CREATE TABLE model (id serial PRIMARY KEY, ${columns}); ${rows.join('; ')}; CREATE TABLE t (LIKE model INCLUDING INDEXES);
    ALTER DATABASE DB SET IntervalStyle = 'postgres_verbose'; ALTER DATABASE DB SET DateStyle = 'SQL,DMY'; ALTER DATABASE DB SET TimeZone = 'Asia/Tokyo';
    ALTER DATABASE DB SET bytea_output = 'escape'; ALTER DATABASE DB SET extra_float_digits = -5;`;
}

async function loaded(source: Source, table: TablePlan): Promise<LoadedRows> {
  const rows: LoadedRows = { keys: [], tuples: [], bytes: 0 };
  const { signal } = new AbortController();
  for await (const chunk of source.chunks(table, 10, signal)) {
    for await (const part of source.readChunk(table, chunk, { signal })) {
      rows.keys.push(...part.keys);
      rows.tuples.push(...part.tuples);
    }
  }
  return rows;
}

describe.each(['oldest', 'newest'] as const)('values of PostgreSQL (%s)', (version) => {
  test('are the same text from load, log and look-up, for every type, whatever the database is set to', async () => {
    await using database = await testPostgres({ version });
    await database.exec(setup().replaceAll('DATABASE DB', `DATABASE "${database.database}"`));
    await using capture = await Captured.begin(createPostgresSource(database.uri, { job: 'kit' }), database.database, [
      'public.t',
    ]);
    const table = capture.plan.tables[0] as TablePlan;
    await database.exec('INSERT INTO t SELECT * FROM model ORDER BY id');
    const changes = await capture.changes();
    const load = await loaded(capture.source, table);
    const reader = await capture.source.openReader();
    const page = await reader.page(table, null, 1000);
    await reader.close();
    const captured = changes.map(({ key, tuple }) => `${key} ${tuple}`);
    expect(captured).toHaveLength(VALUES.reduce((sum, [, values]) => sum + values.length, 0));
    expect(load.keys.map((key, i) => `${key} ${load.tuples[i]}`)).toEqual(captured);
    expect(page.keys.map((key, i) => `${key} ${page.tuples[i]}`)).toEqual(captured);
    const text = captured.join('\n');
    for (const expected of [
      'P1Y2M3DT4H5M6.789S',
      '\\\\x00ff5c4e',
      '2024-07-02 01:04:05.678901+00',
      '3.4028235e+38',
      '1.7976931348623157e+308',
    ]) {
      expect(text).toContain(expected);
    }
  });
});
