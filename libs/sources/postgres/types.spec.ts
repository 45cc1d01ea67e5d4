import { describe, expect, test } from '@jest/globals';
import { notComparable, type PgType, valueType } from './types.js';

function type(oid: number, more: Partial<PgType> = {}): [number, PgType] {
  return [
    oid,
    {
      oid,
      name: `t${oid}`,
      formatted: `t${oid}`,
      kind: 'b',
      category: 'U',
      element: 0,
      delimiter: ',',
      base: 0,
      baseModifier: -1,
      baseFormatted: null,
      ...more,
    },
  ];
}

const NUMERIC = 1700;
const types = new Map([
  type(NUMERIC),
  type(25),
  type(600),
  type(603, { delimiter: ';' }),
  type(1020, { category: 'A', element: 603 }),
  type(1231, { category: 'A', element: NUMERIC }),
  type(22, { category: 'A', element: 21 }),
  type(20_000, { kind: 'd', base: 20_001, baseFormatted: 'the domain below' }),
  type(20_001, { kind: 'd', base: NUMERIC, baseModifier: ((9 << 16) | 3) + 4, baseFormatted: 'numeric(9,3)' }),
  type(20_002, { category: 'A', element: 20_000 }),
  type(20_003, { name: 'ltree' }),
  type(20_004, { name: 'hstore' }),
  type(20_005, { name: 'citext', category: 'S' }),
  type(20_006, { kind: 'e', formatted: 'shop.mood' }),
]);

describe('the meaning of a PostgreSQL type', () => {
  test.each([
    [((20 << 16) | 5) + 4, 20, 5],
    [((1000 << 16) | 0) + 4, 1000, 0],
    [((2 << 16) | (-3 & 0x7ff)) + 4, 2, -3],
    [((3 << 16) | 5) + 4, 3, 5],
  ])('has precision and scale of a numeric, also a negative scale: %i', (modifier, precision, scale) => {
    expect(valueType(types, NUMERIC, modifier, 'n')).toEqual({ kind: 'numeric', precision, scale, name: 'n' });
  });

  test('of a domain over a domain is the base type, in arrays too', () => {
    const base = { kind: 'numeric', precision: 9, scale: 3, name: 'numeric(9,3)' };
    expect(valueType(types, 20_000, -1, 'd')).toEqual(base);
    expect(valueType(types, 20_002, -1, 'd[]')).toEqual({ kind: 'array', element: base, name: 'd[]' });
  });

  test('of an array whose elements are parted otherwise, of a vector and of an unknown type is text', () => {
    expect([1020, 22, 99_999].map((oid) => valueType(types, oid, -1, 'x').kind)).toEqual(['text', 'text', 'text']);
  });

  test('says what compares by more than its text', () => {
    expect([NUMERIC, 25, 20_000, 20_003, 20_006].map((oid) => notComparable(types, oid, true))).toEqual(
      Array(5).fill(undefined),
    );
    for (const oid of [600, 603, 1231, 20_002, 20_004, 20_005, 99_999])
      expect(notComparable(types, oid, true)).toEqual(expect.any(String));
    expect(notComparable(types, 25, false)).toContain('collation');
  });
});
