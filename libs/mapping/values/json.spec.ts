import { describe, expect, test } from '@jest/globals';
import { BSON, Decimal128, Double, Long } from 'bson';
import fc from 'fast-check';
import { ConversionFailed } from './conversion-failed.js';
import { jsonNumber, jsonOf } from './json.js';

describe('a JSON number', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
    ['2147483648', Long.fromString('2147483648')],
    ['9007199254740993', Long.fromString('9007199254740993')],
    ['9223372036854775807', Long.MAX_VALUE],
    ['-9223372036854775808', Long.MIN_VALUE],
    ['9223372036854775808', new Decimal128('9223372036854775808')],
    [`1${'0'.repeat(400)}`, new Decimal128(`1.${'0'.repeat(33)}E+400`)],
    ['1.0', new Double(1)],
    ['-0.0', new Double(-0)],
    ['0.1', new Double(0.1)],
    ['1e2', new Double(100)],
    ['1.50', new Double(1.5)],
    ['1e400', new Decimal128('1E+400')],
    ['0.1000000000000000055', new Decimal128('0.1000000000000000055')],
    ['123456789.123456789123', new Decimal128('123456789.123456789123')],
    ['5e-324', new Double(5e-324)],
    ['1e-400', new Decimal128('1E-400')],
  ])('%.30s keeps its value, in a type by its size', (literal, expected) => {
    const value = jsonNumber(literal);
    expect(BSON.serialize({ value })).toEqual(BSON.serialize({ value: expected }));
  });

  test('that nothing holds exactly is refused', () => {
    expect(jsonNumber('1e7000')).toBe(ConversionFailed.of('NUMERIC_TOO_LARGE'));
    expect(jsonOf(`{"a":[${'9'.repeat(35)}]}`)).toBe(ConversionFailed.of('NUMERIC_TOO_LARGE'));
  });
});

describe('JSON', () => {
  test.each([
    ['null', null],
    ['true', true],
    [' false ', false],
    ['"a\\u0000\\n\\"b\\uD83D\\uDE00"', 'a\0\n"b😀'],
    ['[]', []],
    ['{}', {}],
    ['[1,[null,{"a":{}}]]', [1, [null, { a: {} }]]],
    ['{"a":1,"b":2,"a":3}', { a: 3, b: 2 }],
  ])('%s is the value itself', (text, expected) => {
    expect(jsonOf(text)).toEqual(expected);
  });

  test('keeps the order of keys that objects would move, and keys that objects take for something else', () => {
    const value = jsonOf('{"b":1,"2":2,"1":{"__proto__":3},"_bsontype":"Long","toBSON":4}') as Map<string, unknown>;
    const back = BSON.deserialize(BSON.serialize({ value }), { raw: true }).value as Uint8Array;
    const keys: string[] = [...value.keys()];
    expect(keys).toEqual(['b', '2', '1', '_bsontype', 'toBSON']);
    expect([...(value.get('1') as Map<string, unknown>)]).toEqual([['__proto__', 3]]);
    expect(Buffer.from(back).includes('_bsontype')).toBe(true);
  });

  test.each([
    [''],
    ['{'],
    ['[1,]'],
    ['{"a"}'],
    ['{"a":1,}'],
    ['01'],
    ['1.'],
    ['.5'],
    ['+1'],
    ['nul'],
    ['"a'],
    ['"\\x"'],
    ['"\n"'],
    ['1 2'],
    ["{'a':1}"],
    ['NaN'],
    ['"\\ud800"'],
    ['{"\\ud800":1}'],
  ])('%j is refused', (text) => {
    expect(jsonOf(text)).toBe(ConversionFailed.of('INVALID_JSON'));
  });

  test('with a NUL in a key, or too deep, is refused', () => {
    expect(jsonOf('{"a\\u0000":1}')).toBe(ConversionFailed.of('JSON_KEY_WITH_NUL'));
    expect(jsonOf('['.repeat(100) + ']'.repeat(100))).not.toBeInstanceOf(ConversionFailed);
    expect(jsonOf('['.repeat(101) + ']'.repeat(101))).toBe(ConversionFailed.of('JSON_TOO_DEEP'));
    expect(jsonOf('['.repeat(100_000))).toBe(ConversionFailed.of('JSON_TOO_DEEP'));
  });

  test('is read as JSON.parse reads it, but for numbers', () => {
    const withoutNumbers = fc
      .jsonValue()
      .map((value) => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'number' ? 'n' : v))));
    const plain = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(plain);
      if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
      return value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
        : value;
    };
    fc.assert(
      fc.property(withoutNumbers, fc.constantFrom(undefined, 1), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!/\\ud[89a-f]|\\u0000/i.test(text));
        expect(plain(jsonOf(text))).toEqual(value);
      }),
    );
  });
});
