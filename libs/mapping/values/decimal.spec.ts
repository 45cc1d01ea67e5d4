import { describe, expect, test } from '@jest/globals';
import { Decimal128 } from 'bson';
import fc from 'fast-check';
import { ConversionFailed } from './conversion-failed.js';
import { decimalOf } from './decimal.js';

const NINES = '9'.repeat(34);

/** What a decimal128's bytes say, read independently: sign, coefficient, exponent. */
function read(decimal: unknown): { negative: boolean; coefficient: bigint; exponent: number } {
  const bytes = Buffer.from((decimal as Decimal128).bytes);
  const high = bytes.readBigUInt64LE(8);
  return {
    negative: high >> 63n === 1n,
    coefficient: ((high & ((1n << 49n) - 1n)) << 64n) | bytes.readBigUInt64LE(0),
    exponent: Number((high >> 49n) & 0x3fffn) - 6176,
  };
}

const digits = (max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
const decimal = (max: number) =>
  fc
    .tuple(fc.boolean(), digits(max), fc.option(digits(max), { nil: undefined }))
    .map(
      ([negative, whole, fraction]) => `${negative ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`,
    );

describe('a decimal128', () => {
  test.each([
    ['0', '0'],
    ['-0', '-0'],
    ['0.00', '0.00'],
    ['1.50', '1.50'],
    ['-12.340', '-12.340'],
    ['100', '100'],
    ['0.000001', '0.000001'],
    ['9007199254740991', '9007199254740991'],
    ['9007199254740993', '9007199254740993'],
    ['90071992547409.93', '90071992547409.93'],
    [NINES, NINES],
    [`0.${NINES}`, `0.${NINES}`],
    [`-${NINES}`, `-${NINES}`],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['-Infinity', '-Infinity'],
  ])('of %s is %s', (text, expected) => {
    expect(String(decimalOf(text))).toBe(expected);
  });

  test('drops as few trailing zeros as it must, and only then', () => {
    expect(read(decimalOf(`1.${'0'.repeat(40)}`))).toEqual({ negative: false, coefficient: 10n ** 33n, exponent: -33 });
    expect(read(decimalOf(`1${'0'.repeat(40)}`))).toEqual({ negative: false, coefficient: 10n ** 33n, exponent: 7 });
    expect(read(decimalOf(`1.${'0'.repeat(33)}`))).toEqual({ negative: false, coefficient: 10n ** 33n, exponent: -33 });
    expect(read(decimalOf(`0.${'0'.repeat(7000)}`))).toEqual({ negative: false, coefficient: 0n, exponent: -6176 });
    expect(read(decimalOf(`0.${'0'.repeat(6175)}10`))).toEqual({ negative: false, coefficient: 1n, exponent: -6176 });
  });

  test('reaches the ends of its exponents', () => {
    expect(read(decimalOf(`9${'0'.repeat(6144)}`))).toEqual({
      negative: false,
      coefficient: 9n * 10n ** 33n,
      exponent: 6111,
    });
    expect(read(decimalOf('1e6144'))).toEqual({ negative: false, coefficient: 10n ** 33n, exponent: 6111 });
    expect(read(decimalOf('1e-6176'))).toEqual({ negative: false, coefficient: 1n, exponent: -6176 });
    expect(read(decimalOf('0e9999'))).toEqual({ negative: false, coefficient: 0n, exponent: 6111 });
  });

  test.each([
    [`${NINES}9`],
    [`0.${NINES}9`],
    [`1${'0'.repeat(6145)}`],
    ['1e6145'],
    ['1e-6177'],
    [`0.${'0'.repeat(6176)}1`],
    [`1.${'0'.repeat(40)}1`],
  ])('does not round %.40s', (text) => {
    expect(decimalOf(text)).toBe(ConversionFailed.of('NUMERIC_TOO_LARGE'));
  });

  test('is the number in the text, whatever its length', () => {
    fc.assert(
      fc.property(decimal(22), (text) => {
        const result = decimalOf(text);
        const [whole, fraction = ''] = text.replace('-', '').split('.') as [string, string?];
        const exact = BigInt(whole + fraction);
        if (result instanceof ConversionFailed) {
          expect(String(exact).replace(/0+$/, '').length).toBeGreaterThan(34);
          return;
        }
        const { negative, coefficient, exponent } = read(result);
        expect(negative).toBe(text.startsWith('-'));
        expect(coefficient * 10n ** BigInt(exponent + fraction.length)).toBe(exact);
        if (String(exact).length <= 34) expect(exponent + fraction.length).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('has the bytes that js-bson makes of a short text', () => {
    fc.assert(
      fc.property(decimal(8), (text) => {
        expect(Buffer.from((decimalOf(text) as Decimal128).bytes)).toEqual(
          Buffer.from(Decimal128.fromString(text).bytes),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
