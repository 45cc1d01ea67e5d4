import { Binary, Decimal128, Double, Int32, Long, ObjectId, UUID } from 'bson';

/** A value as SQL and what it becomes; undefined: a dead letter. Written by hand from the table of types. */
export interface TypeCase {
  type: string;
  /** `types: { v: … }` */
  as?: string;
  values: [sql: string, bson: unknown][];
}

const d = (text: string) => Decimal128.fromString(text);
const date = (text: string) => new Date(text);
const i = (value: number) => new Int32(value);
const f = (value: number) => new Double(value);
const l = (text: string) => Long.fromString(text);
const bytes = (hex: string, subType = 0) => new Binary(Buffer.from(hex, 'hex'), subType);
const UUID_TEXT = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
const TIMES: [string, unknown][] = [
  [`'1969-12-31 23:59:59.999999'`, date('1969-12-31T23:59:59.999Z')],
  [`'1970-01-01 00:00:00'`, date('1970-01-01T00:00:00Z')],
  [`'2024-02-29 12:34:56.123999'`, date('2024-02-29T12:34:56.123Z')],
  [`'0001-01-01 00:00:00'`, date('0001-01-01T00:00:00Z')],
  [`'0044-03-15 12:00:00 BC'`, date('-000043-03-15T12:00:00Z')],
  [`'275760-09-13 00:00:00'`, new Date(8.64e15)],
  [`'275760-09-13 00:00:00.001'`, undefined],
  [`'infinity'`, undefined],
  [`'-infinity'`, undefined],
];

export const CASES: TypeCase[] = [
  {
    type: 'smallint',
    values: [
      ['-32768', i(-32768)],
      ['32767', i(32767)],
      ['0', i(0)],
    ],
  },
  {
    type: 'int',
    values: [
      ['-2147483648', i(-2147483648)],
      ['2147483647', i(2147483647)],
    ],
  },
  {
    type: 'bigint',
    values: [
      ["'-9223372036854775808'", l('-9223372036854775808')],
      ['9223372036854775807', l('9223372036854775807')],
      ['1', l('1')],
    ],
  },
  {
    type: 'real',
    values: [
      ['1.1', f(1.1)],
      ["'NaN'", f(NaN)],
      ["'Infinity'", f(Infinity)],
      ["'-Infinity'", f(-Infinity)],
      ["'-0'", f(-0)],
      ["'3.4028235e38'", f(3.4028235e38)],
      ["'1e-45'", f(1e-45)],
      ['16777216', f(16777216)],
    ],
  },
  {
    type: 'double precision',
    values: [
      ['0.1', f(0.1)],
      ["'NaN'", f(NaN)],
      ["'-Infinity'", f(-Infinity)],
      ["'-0'", f(-0)],
      ["'5e-324'", f(5e-324)],
      ["'1.7976931348623157e308'", f(Number.MAX_VALUE)],
      ['1', f(1)],
    ],
  },
  {
    type: 'numeric(10,2)',
    values: [
      ['12345678.9', d('12345678.90')],
      ['0', d('0.00')],
      ['-0.005', d('-0.01')],
      ["'NaN'", d('NaN')],
    ],
  },
  {
    type: 'numeric(34,0)',
    values: [
      ['9'.repeat(34), d('9'.repeat(34))],
      [`-${'9'.repeat(34)}`, d(`-${'9'.repeat(34)}`)],
    ],
  },
  {
    type: 'numeric(40,2)',
    values: [
      ['1.5', d('1.50')],
      [`1${'0'.repeat(33)}`, d(`1${'0'.repeat(33)}`)],
      [`1${'0'.repeat(35)}`, d('1.000000000000000000000000000000000E+35')],
      ['1'.repeat(35), undefined],
    ],
  },
  {
    type: 'numeric',
    values: [
      ["'NaN'", d('NaN')],
      ["'Infinity'", d('Infinity')],
      ["'-Infinity'", d('-Infinity')],
      ['0.000', d('0.000')],
      ['-1.10', d('-1.10')],
      ['1e10', d('10000000000')],
      ['1e-10', d('1E-10')],
      [`0.${'1'.repeat(34)}`, d(`0.${'1'.repeat(34)}`)],
      [`0.${'1'.repeat(35)}`, undefined],
      ["'1e130000'", undefined],
    ],
  },
  {
    type: 'bool',
    values: [
      ['true', true],
      ['false', false],
    ],
  },
  {
    type: 'text',
    values: [
      ["''", ''],
      ["E'a\\u0001\\tb\\n'", 'a\u0001\tb\n'],
      ["'😀é\\'", '😀é\\'],
      ["'null'", 'null'],
      ["'  x  '", '  x  '],
    ],
  },
  {
    type: 'char(5)',
    values: [
      ["'ab'", 'ab'],
      ["''", ''],
      ["' a'", ' a'],
      ["'abcde'", 'abcde'],
    ],
  },
  {
    type: 'varchar(5)',
    values: [
      ["'ab '", 'ab '],
      ["'12345'", '12345'],
    ],
  },
  {
    type: 'color',
    values: [
      ["'red'", 'red'],
      ["'Very Blue'", 'Very Blue'],
    ],
  },
  { type: 'posint', values: [['7', i(7)]] },
  {
    type: 'inet',
    values: [
      ["'10.0.0.1/8'", '10.0.0.1/8'],
      ["'::1'", '::1'],
    ],
  },
  {
    type: 'interval',
    values: [
      ["'1 year 2 mons 3 days 04:05:06.789'", 'P1Y2M3DT4H5M6.789S'],
      ["'0'", 'PT0S'],
      ["'-1 day'", 'P-1D'],
    ],
  },
  {
    type: 'time',
    values: [
      ["'24:00'", '24:00:00'],
      ["'01:02:03.000001'", '01:02:03.000001'],
    ],
  },
  {
    type: 'int4range',
    values: [
      ["'[1,5)'", '[1,5)'],
      ["'empty'", 'empty'],
      ["'(,)'", '(,)'],
    ],
  },
  { type: 'bit(3)', values: [["B'101'", '101']] },
  { type: 'point', values: [["'(1,2.5)'", '(1,2.5)']] },
  { type: 'oid', values: [['4294967295', l('4294967295')]] },
  {
    type: 'date',
    values: [
      ["'1970-01-01'", date('1970-01-01T00:00:00Z')],
      ["'2024-02-29'", date('2024-02-29T00:00:00Z')],
      ["'4713-01-01 BC'", date('-004712-01-01T00:00:00Z')],
      ["'275760-09-13'", new Date(8.64e15)],
      ["'275760-09-14'", undefined],
      ["'infinity'", undefined],
    ],
  },
  {
    type: 'timestamptz',
    values: [
      ...TIMES.map(([sql, value]): [string, unknown] => [
        /inf|BC/.test(sql) ? sql.replace(' BC', '+00 BC') : sql.replace(/'$/, "+00'"),
        value,
      ]),
      ["'2024-07-01 00:00+02'", date('2024-06-30T22:00:00Z')],
    ],
  },
  { type: 'timestamp', values: TIMES },
  { type: 'uuid', values: [[`'${UUID_TEXT}'`, new UUID(UUID_TEXT)]] },
  {
    type: 'bytea',
    values: [
      ["'\\x00ff10'", bytes('00ff10')],
      ["''", bytes('')],
    ],
  },
  {
    type: 'json',
    values: [
      [
        `'{"b": 1, "a": {"c": [1, 2.5, null, true, "x", {}]}}'`,
        { b: i(1), a: { c: [i(1), f(2.5), null, true, 'x', {}] } },
      ],
      [
        `'[2147483648, -9223372036854775808, 9223372036854775808, 9007199254740993]'`,
        [l('2147483648'), l('-9223372036854775808'), d('9223372036854775808'), l('9007199254740993')],
      ],
      [
        `'[1.0, 1.10, 0.1, 1e400, 1e2, 0.1000000000000000055]'`,
        [f(1), f(1.1), f(0.1), d('1E+400'), f(100), d('0.1000000000000000055')],
      ],
      ["'5'", i(5)],
      [`'"\\u00e9"'`, 'é'],
      ["'null'", null],
      ["'[]'", []],
      ["'false'", false],
    ],
  },
  {
    type: 'jsonb',
    values: [
      [`'{"b": 1, "a": [1.50, 10000000000]}'`, { a: [f(1.5), l('10000000000')], b: i(1) }],
      ["'null'", null],
      [`'""'`, ''],
    ],
  },
  {
    type: 'int[]',
    values: [
      ["'{1,NULL,-3}'", [i(1), null, i(-3)]],
      ["'{}'", []],
      [
        "'{{1,2},{3,4}}'",
        [
          [i(1), i(2)],
          [i(3), i(4)],
        ],
      ],
      ["'[0:1]={7,8}'", [i(7), i(8)]],
    ],
  },
  { type: 'text[]', values: [[`'{"a b","NULL",NULL,"","x\\"y\\\\"}'`, ['a b', 'NULL', null, '', 'x"y\\']]] },
  {
    type: 'numeric[]',
    values: [
      ["'{1.50,NaN}'", [d('1.50'), d('NaN')]],
      [`'{${'1'.repeat(35)}}'`, undefined],
    ],
  },
  {
    type: 'timestamptz[]',
    values: [
      ['\'{"2024-01-01 00:00:00.0009+00"}\'', [date('2024-01-01T00:00:00Z')]],
      ["'{infinity}'", undefined],
    ],
  },
  { type: 'jsonb[]', values: [[`ARRAY['{"a":1}', 'null']::jsonb[]`, [{ a: i(1) }, null]]] },
  { type: 'uuid[]', values: [[`'{${UUID_TEXT}}'`, [new UUID(UUID_TEXT)]]] },
  { type: 'bool[]', values: [["'{t,f,NULL}'", [true, false, null]]] },
  { type: 'bigint', as: 'string', values: [['9007199254740993', '9007199254740993']] },
  {
    type: 'bigint',
    as: 'int',
    values: [
      ['2147483647', i(2147483647)],
      ['2147483648', undefined],
    ],
  },
  { type: 'int', as: 'long', values: [['5', l('5')]] },
  { type: 'int', as: 'decimal', values: [['5', d('5')]] },
  {
    type: 'numeric',
    as: 'double',
    values: [
      ['0.1', f(0.1)],
      ['12345678901234567890', f(12345678901234567000)],
    ],
  },
  {
    type: 'numeric',
    as: 'int',
    values: [
      ['7', i(7)],
      ['1.5', undefined],
    ],
  },
  {
    type: 'numeric',
    as: 'string',
    values: [
      ['1.50', '1.50'],
      [`0.${'1'.repeat(40)}`, `0.${'1'.repeat(40)}`],
      ["'NaN'", 'NaN'],
    ],
  },
  {
    type: 'bool',
    as: 'string',
    values: [
      ['true', 'true'],
      ['false', 'false'],
    ],
  },
  {
    type: 'timestamptz',
    as: 'string',
    values: [
      ["'2024-01-01 01:00:00.123456+01'", '2024-01-01 00:00:00.123456+00'],
      ["'infinity'", 'infinity'],
      ["'294276-12-31 23:59:59+00'", '294276-12-31 23:59:59+00'],
    ],
  },
  {
    type: 'date',
    as: 'string',
    values: [
      ["'infinity'", 'infinity'],
      ["'0001-01-01 BC'", '0001-01-01 BC'],
    ],
  },
  {
    type: 'text',
    as: 'objectId',
    values: [
      ["'0123456789abcdef01234567'", new ObjectId('0123456789abcdef01234567')],
      ["'short'", undefined],
    ],
  },
  {
    type: 'text',
    as: 'json',
    values: [
      [`'{"a":[1]}'`, { a: [i(1)] }],
      ["'{'", undefined],
    ],
  },
  {
    type: 'text',
    as: 'uuid',
    values: [
      [`'${UUID_TEXT}'`, new UUID(UUID_TEXT)],
      ["'x'", undefined],
    ],
  },
  { type: 'uuid', as: 'string', values: [[`'${UUID_TEXT}'`, UUID_TEXT]] },
  { type: 'uuid', as: 'binary', values: [[`'${UUID_TEXT}'`, bytes(UUID_TEXT.replaceAll('-', ''), 0)]] },
  {
    type: 'bytea',
    as: 'uuid',
    values: [
      [`'\\x${UUID_TEXT.replaceAll('-', '')}'`, new UUID(UUID_TEXT)],
      ["'\\x00'", undefined],
    ],
  },
  { type: 'jsonb', as: 'string', values: [[`'{"b": 1, "a": 2}'`, '{"a": 2, "b": 1}']] },
];
