import { describe, expect, test } from '@jest/globals';
import { Binary, BSON, Decimal128, Double, Long, ObjectId } from 'bson';
import type { BsonType, ValueType } from '#model';
import { BSON_TYPES } from '#model';
import { ConversionFailed } from './conversion-failed.js';
import { conversionSupport } from './conversion-support.js';
import { converter } from './converter.js';

const type = (kind: string, more: object = {}) => ({ kind, name: kind, ...more }) as ValueType;
const array = (kind: string, name = kind) =>
  ({ kind: 'array', name: `${name}[]`, element: { kind, name } }) as ValueType;
const failed = (code: Parameters<typeof ConversionFailed.of>[0]) => ConversionFailed.of(code);
const utc = (text: string) => new Date(text);
const UUID = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
const UUID_BYTES = Buffer.from('a0eebc999c0b4ef8bb6d6bb9bd380a11', 'hex');

/** Values are compared as BSON, so that types count. */
function expectValue(actual: unknown, expected: unknown): void {
  if (expected instanceof ConversionFailed || actual instanceof ConversionFailed) expect(actual).toBe(expected);
  else expect(BSON.serialize({ value: actual })).toEqual(BSON.serialize({ value: expected }));
}

describe('by default', () => {
  test.each<[ValueType, string | null, unknown]>([
    [type('int16'), '-32768', -32768],
    [type('int32'), '2147483647', 2147483647],
    [type('int32'), '0', 0],
    [type('int64'), '1', Long.ONE],
    [type('int64'), '-1', Long.fromInt(-1)],
    [type('int64'), '4294967296', Long.fromString('4294967296')],
    [type('int64'), '-4294967297', Long.fromString('-4294967297')],
    [type('int64'), '999999999999999', Long.fromString('999999999999999')],
    [type('int64'), '9223372036854775807', Long.MAX_VALUE],
    [type('int64'), '-9223372036854775808', Long.MIN_VALUE],
    [type('oid'), '4294967295', Long.fromString('4294967295')],
    [type('float64'), '1', new Double(1)],
    [type('float64'), '-0', new Double(-0)],
    [type('float64'), 'NaN', new Double(Number.NaN)],
    [type('float64'), 'Infinity', new Double(Infinity)],
    [type('float64'), '-Infinity', new Double(-Infinity)],
    [type('float64'), '1e+308', new Double(1e308)],
    [type('float32'), '0.1', new Double(0.1)],
    [type('float32'), '3.4028235e+38', new Double(3.4028235e38)],
    [type('numeric', { precision: 10, scale: 2 }), '12.50', new Decimal128('12.50')],
    [type('numeric'), 'NaN', new Decimal128('NaN')],
    [type('numeric'), '-Infinity', new Decimal128('-Infinity')],
    [type('numeric'), '9'.repeat(35), failed('NUMERIC_TOO_LARGE')],
    [type('bool'), 't', true],
    [type('bool'), 'f', false],
    [type('text'), 'a b ', 'a b '],
    [type('text'), '', ''],
    [type('char'), 'ab   ', 'ab'],
    [type('char'), '   ', ''],
    [type('char'), 'a\t ', 'a\t'],
    [type('enum'), 'red', 'red'],
    [type('interval'), 'P1Y2M', 'P1Y2M'],
    [type('time'), '24:00:00', '24:00:00'],
    [type('bytes'), '\\x00ff', new Binary(Buffer.from('00ff', 'hex'), 0)],
    [type('bytes'), '\\x', new Binary(Buffer.alloc(0), 0)],
    [type('uuid'), UUID, new Binary(UUID_BYTES, 4)],
    [type('json'), '{"a":[1]}', { a: [1] }],
    [type('json'), 'null', null],
    [type('int32'), null, null],
    [type('json'), null, null],
  ])('%j %j', (source, text, expected) => {
    expectValue(converter(source, undefined)(text), expected);
  });

  test.each<[string, unknown]>([
    ['1970-01-01', utc('1970-01-01T00:00:00Z')],
    ['2024-02-29', utc('2024-02-29T00:00:00Z')],
    ['1900-03-01', utc('1900-03-01T00:00:00Z')],
    ['0001-01-01', utc('0001-01-01T00:00:00Z')],
    ['0044-03-15 BC', utc('-000043-03-15T00:00:00Z')],
    ['0001-12-31 BC', utc('0000-12-31T00:00:00Z')],
    ['10000-01-01', utc('+010000-01-01T00:00:00Z')],
    ['275760-09-13', new Date(8.64e15)],
    ['275760-09-14', failed('DATE_OUT_OF_RANGE')],
    ['5874897-12-31', failed('DATE_OUT_OF_RANGE')],
    ['4713-01-01 BC', utc('-004712-01-01T00:00:00Z')],
    ['infinity', failed('INFINITE_DATE')],
    ['-infinity', failed('INFINITE_DATE')],
  ])('a date %s', (text, expected) => {
    expectValue(converter(type('date'), undefined)(text), expected);
    if (!text.includes('inf')) {
      const timestamp = text.endsWith(' BC') ? text.replace(' BC', ' 00:00:00 BC') : `${text} 00:00:00`;
      expectValue(converter(type('timestamp'), undefined)(timestamp), expected);
    }
  });

  test.each<[string, unknown]>([
    ['2024-01-02 03:04:05', utc('2024-01-02T03:04:05Z')],
    ['2024-01-02 03:04:05+00', utc('2024-01-02T03:04:05Z')],
    ['2024-01-02 03:04:05.1', utc('2024-01-02T03:04:05.100Z')],
    ['2024-01-02 03:04:05.12+00', utc('2024-01-02T03:04:05.120Z')],
    ['2024-01-02 03:04:05.123999', utc('2024-01-02T03:04:05.123Z')],
    ['2024-01-02 03:04:05.000001+00', utc('2024-01-02T03:04:05Z')],
    ['1969-12-31 23:59:59.999999+00', new Date(-1)],
    ['1969-12-31 23:59:59.9985+00', new Date(-2)],
    ['1900-01-01 00:00:00.0001', utc('1900-01-01T00:00:00Z')],
    ['0044-03-15 12:00:00.9999 BC', utc('-000043-03-15T12:00:00.999Z')],
    ['0044-03-15 12:00:00+00 BC', utc('-000043-03-15T12:00:00Z')],
    ['2024-01-02 03:04:05.5+05:30', utc('2024-01-01T21:34:05.500Z')],
    ['2024-01-02 03:04:05-01', utc('2024-01-02T04:04:05Z')],
    ['275760-09-13 00:00:00+00', new Date(8.64e15)],
    ['275760-09-13 00:00:00.001+00', failed('DATE_OUT_OF_RANGE')],
    ['294276-12-31 23:59:59.999999', failed('DATE_OUT_OF_RANGE')],
    ['infinity', failed('INFINITE_DATE')],
    ['-infinity', failed('INFINITE_DATE')],
  ])('a timestamp %s, its microseconds cut towards the past', (text, expected) => {
    expectValue(converter(type('timestamptz'), undefined)(text), expected);
  });

  test.each<[ValueType, string, unknown]>([
    [array('int32'), '{}', []],
    [array('int32'), '{1,NULL,3}', [1, null, 3]],
    [
      array('int32'),
      '{{1,2},{3,4}}',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [array('int32'), '[2:3]={1,2}', [1, 2]],
    [
      array('int32'),
      '[-1:0][2:3]={{1,2},{3,4}}',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      array('text'),
      '{a,"b c","d\\"e","f\\\\g","NULL",NULL,"","{x,y}"}',
      ['a', 'b c', 'd"e', 'f\\g', 'NULL', null, '', '{x,y}'],
    ],
    [array('float64'), '{1,NaN}', [new Double(1), new Double(Number.NaN)]],
    [array('bool'), '{t,f}', [true, false]],
    [array('timestamp'), '{"2024-01-01 00:00:00"}', [utc('2024-01-01')]],
    [array('date'), '{2024-01-01,infinity}', failed('INFINITE_DATE')],
    [array('json'), '{"{\\"a\\": [1,2]}"}', [{ a: [1, 2] }]],
    [array('text', 'box'), '{(1,1),(0,0);(2,2),(1,1)}', ['(1,1),(0,0)', '(2,2),(1,1)']],
    [array('int32'), '{1', failed('INVALID_VALUE')],
    [array('int32'), '{1}x', failed('INVALID_VALUE')],
    [array('int32'), '', failed('INVALID_VALUE')],
  ])('%j %s', (source, text, expected) => {
    expectValue(converter(source, undefined)(text), expected);
  });
});

describe('with `types`', () => {
  test.each<[ValueType, BsonType, string, unknown]>([
    [type('bool'), 'string', 't', 'true'],
    [type('bool'), 'string', 'f', 'false'],
    [type('char'), 'string', 'a  ', 'a'],
    [type('timestamptz'), 'string', '2024-01-02 03:04:05.123456+00', '2024-01-02 03:04:05.123456+00'],
    [type('date'), 'string', 'infinity', 'infinity'],
    [type('numeric'), 'string', '1.500', '1.500'],
    [type('json'), 'string', '{"a": 1}', '{"a": 1}'],
    [type('bytes'), 'string', '\\xff', '\\xff'],
    [array('int32'), 'string', '{1,2}', '{1,2}'],
    [type('numeric'), 'int', '5.00', 5],
    [type('numeric'), 'int', '1.5', failed('NOT_AN_INTEGER')],
    [type('numeric'), 'int', '2147483648', failed('NUMERIC_TOO_LARGE')],
    [type('numeric'), 'int', 'NaN', failed('NOT_AN_INTEGER')],
    [type('int64'), 'int', '-2147483648', -2147483648],
    [type('float64'), 'int', '1e+06', 1000000],
    [type('numeric'), 'long', '9223372036854775807.0', Long.MAX_VALUE],
    [type('numeric'), 'long', '9223372036854775808', failed('NUMERIC_TOO_LARGE')],
    [type('float64'), 'long', '1e+300', failed('NUMERIC_TOO_LARGE')],
    [type('float64'), 'long', '0.5', failed('NOT_AN_INTEGER')],
    [type('int32'), 'long', '7', Long.fromInt(7)],
    [type('bool'), 'int', 't', 1],
    [type('int64'), 'double', '9007199254740993', new Double(9007199254740992)],
    [type('numeric'), 'double', '0.1', new Double(0.1)],
    [type('numeric'), 'double', 'NaN', new Double(Number.NaN)],
    [type('numeric'), 'double', `1${'0'.repeat(400)}`, failed('NUMERIC_TOO_LARGE')],
    [type('float64'), 'decimal', '1e-07', new Decimal128('1E-7')],
    [type('int32'), 'decimal', '-5', new Decimal128('-5')],
    [type('float64'), 'decimal', '-Infinity', new Decimal128('-Infinity')],
    [type('int32'), 'bool', '1', true],
    [type('int32'), 'bool', '0', false],
    [type('int32'), 'bool', '2', failed('NOT_A_BOOLEAN')],
    [type('text'), 'int', ' 12 ', 12],
    [type('text'), 'int', 'x', failed('NOT_A_NUMBER')],
    [type('text'), 'double', '1e3', new Double(1000)],
    [type('text'), 'double', '0x10', failed('NOT_A_NUMBER')],
    [type('text'), 'double', '', failed('NOT_A_NUMBER')],
    [type('text'), 'decimal', '1.10', new Decimal128('1.10')],
    [type('text'), 'decimal', 'abc', failed('NOT_A_NUMBER')],
    ...['', '-', '-.', '.', '1e', 'abc', '+-1'].map((text): [ValueType, BsonType, string, unknown] => [
      type('text'),
      'decimal',
      text,
      failed('NOT_A_NUMBER'),
    ]),
    [type('text'), 'decimal', ' +1.50 ', new Decimal128('1.50')],
    [type('text'), 'bool', 'Yes', true],
    [type('text'), 'bool', 'maybe', failed('NOT_A_BOOLEAN')],
    [type('text'), 'date', '2024-01-02T03:04:05.678Z', utc('2024-01-02T03:04:05.678Z')],
    [type('text'), 'date', '2024-02-30', failed('INVALID_DATE')],
    [type('text'), 'date', 'soon', failed('INVALID_DATE')],
    [type('text'), 'date', '2024-01-02 25:00', failed('INVALID_DATE')],
    [type('text'), 'date', '2024-01-02 10:30+01', utc('2024-01-02T09:30:00Z')],
    [type('text'), 'binary', 'é', new Binary(Buffer.from('é'), 0)],
    [type('text'), 'uuid', UUID.toUpperCase(), new Binary(UUID_BYTES, 4)],
    [type('text'), 'uuid', 'x', failed('INVALID_UUID')],
    [type('text'), 'objectId', '507f1f77bcf86cd799439011', new ObjectId('507f1f77bcf86cd799439011')],
    [type('text'), 'objectId', 'xyz', failed('INVALID_OBJECT_ID')],
    [type('text'), 'json', '[1]', [1]],
    [type('text'), 'json', '[1', failed('INVALID_JSON')],
    [type('char'), 'int', '12  ', 12],
    [type('uuid'), 'binary', UUID, new Binary(UUID_BYTES, 0)],
    [type('bytes'), 'uuid', `\\x${UUID_BYTES.toString('hex')}`, new Binary(UUID_BYTES, 4)],
    [type('bytes'), 'uuid', '\\xff', failed('INVALID_UUID')],
    [type('bytes'), 'objectId', '\\x507f1f77bcf86cd799439011', new ObjectId('507f1f77bcf86cd799439011')],
    [array('numeric'), 'double', '{1.5,NULL}', [new Double(1.5), null]],
    [array('numeric'), 'int', '{1.5}', failed('NOT_AN_INTEGER')],
  ])('%j as %s: %.40s', (source, override, text, expected) => {
    expectValue(converter(source, override)(text), expected);
  });
});

const SAMPLES: Record<string, string[]> = {
  int16: ['-5', '1'],
  int32: ['2147483647'],
  int64: ['9223372036854775807', '0'],
  oid: ['4294967295'],
  numeric: ['1.50', 'NaN'],
  float32: ['0.1', 'NaN'],
  float64: ['1e+300', '-0'],
  bool: ['t', 'f'],
  text: ['x'],
  char: ['x '],
  enum: ['x'],
  interval: ['P1D'],
  time: ['10:00:00'],
  bytes: ['\\xff'],
  uuid: [UUID],
  date: ['2024-01-01'],
  timestamp: ['2024-01-01 00:00:00'],
  timestamptz: ['2024-01-01 00:00:00+00'],
  json: ['{}'],
};

describe('the support that check reports', () => {
  const pairs = Object.keys(SAMPLES).flatMap((kind) => BSON_TYPES.map((override) => [kind, override] as const));

  test.each(pairs)('of %s as %s is what the converter does', (kind, override) => {
    const source = type(kind, kind === 'numeric' ? { precision: 10, scale: 2 } : {});
    const support = conversionSupport(source, override);
    for (const text of SAMPLES[kind] as string[]) {
      const value = converter(source, override)(text);
      expect(value === ConversionFailed.of('TYPE_MISMATCH')).toBe(support === 'impossible');
      if (support === 'exact' || support === 'lossy') expect(value).not.toBeInstanceOf(ConversionFailed);
    }
  });

  test('without an override follows the table of types', () => {
    expect(conversionSupport(type('numeric', { precision: 34, scale: 2 }), undefined)).toBe('exact');
    expect(conversionSupport(type('numeric', { precision: 35, scale: 2 }), undefined)).toBe('fallible');
    expect(conversionSupport(type('numeric'), undefined)).toBe('fallible');
    expect(conversionSupport(type('timestamp'), undefined)).toBe('lossy');
    expect(conversionSupport(type('date'), undefined)).toBe('fallible');
    expect(conversionSupport(array('timestamp'), undefined)).toBe('lossy');
    expect(conversionSupport(type('uuid'), undefined)).toBe('exact');
  });
});
