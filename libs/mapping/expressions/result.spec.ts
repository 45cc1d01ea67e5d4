import { describe, expect, test } from '@jest/globals';
import { Binary, BSON, Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import type { BsonType } from '#model';
import { ConversionFailed } from '../values/conversion-failed.js';
import { bsonOfResult, isTruthy, resultConverter } from './result.js';

const failed = ConversionFailed.of;
function expectValue(actual: unknown, expected: unknown): void {
  if (expected instanceof ConversionFailed || actual instanceof ConversionFailed) expect(actual).toBe(expected);
  else expect(BSON.serialize({ value: actual })).toEqual(BSON.serialize({ value: expected }));
}

describe('a computed value', () => {
  test.each<[string, unknown]>([
    ['z', null],
    ['t', true],
    ['f', false],
    ['n1', new Double(1)],
    ['n-0', new Double(-0)],
    ['nNaN', new Double(Number.NaN)],
    ['n1e+300', new Double(1e300)],
    ['i5', Long.fromInt(5)],
    ['i9223372036854775808', failed('NUMERIC_TOO_LARGE')],
    ['sabc', 'abc'],
    ['s', ''],
    ['d-5', new Date(-5)],
    ['x00ff', new Binary(Buffer.from('00ff', 'hex'), 0)],
    ['j["n1",{"a":"i2","b":["z","t"]}]', [new Double(1), { a: Long.fromInt(2), b: [null, true] }]],
    ['j{"a":"i9223372036854775808"}', failed('NUMERIC_TOO_LARGE')],
  ])('%s has its BSON type', (tagged, expected) => {
    expectValue(bsonOfResult(tagged), expected);
  });

  test.each<[string, BsonType, unknown]>([
    ['n5', 'int', new Int32(5)],
    ['n1.5', 'int', failed('NOT_AN_INTEGER')],
    ['n-0', 'int', new Int32(0)],
    ['nNaN', 'int', failed('NOT_AN_INTEGER')],
    ['i5', 'int', new Int32(5)],
    ['s12', 'int', new Int32(12)],
    ['n5', 'long', Long.fromInt(5)],
    ['n1e+21', 'decimal', new Decimal128('1E+21')],
    ['i123456789012345678901234567890', 'decimal', new Decimal128('123456789012345678901234567890')],
    ['s1.50', 'decimal', new Decimal128('1.50')],
    ['i9007199254740993', 'double', new Double(9007199254740992)],
    ['n1', 'bool', true],
    ['n2', 'bool', failed('NOT_A_BOOLEAN')],
    ['n1.5', 'string', '1.5'],
    ['t', 'string', 'true'],
    ['f', 'string', 'false'],
    ['i7', 'string', '7'],
    ['d0', 'string', '1970-01-01T00:00:00.000Z'],
    ['x00ff', 'string', '\\x00ff'],
    ['j{"b":"n1","a":["sx","z","d0"]}', 'string', '{"b":1,"a":["x",null,"1970-01-01T00:00:00.000Z"]}'],
    ['j["n1"]', 'json', [new Double(1)]],
    ['j["n1"]', 'int', failed('TYPE_MISMATCH')],
    ['d0', 'date', new Date(0)],
    ['d0', 'int', failed('TYPE_MISMATCH')],
    ['s2024-01-01', 'date', new Date('2024-01-01')],
    ['n0', 'date', failed('TYPE_MISMATCH')],
    ['s507f1f77bcf86cd799439011', 'objectId', new ObjectId('507f1f77bcf86cd799439011')],
    ['s[1]', 'json', [1]],
    ['n1', 'json', new Double(1)],
    ['xff', 'binary', new Binary(Buffer.from('ff', 'hex'), 0)],
    ['z', 'int', null],
  ])('%s becomes a %s', (tagged, override, expected) => {
    expectValue(resultConverter(override)(tagged), expected);
  });

  test.each<[string, boolean]>([
    ['z', false],
    ['f', false],
    ['t', true],
    ['n0', false],
    ['n-0', false],
    ['nNaN', false],
    ['n0.5', true],
    ['i0', false],
    ['i1', true],
    ['s', false],
    ['s0', true],
    ['d0', true],
    ['x', true],
    ['j[]', true],
  ])('%s counts for `where` as in JavaScript', (tagged, truth) => {
    expect(isTruthy(tagged)).toBe(truth);
  });
});
