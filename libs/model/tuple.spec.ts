import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fieldsOf, packField, packTuple, unpackField, unpackTuple } from './tuple.js';

const field = fc.oneof(
  fc.constant(null),
  fc.string({ unit: fc.constantFrom('a', '\\', '\t', '\n', '\r', '\b', '\f', '\v', 'N', 'é', '𝄞') }),
  fc.string(),
);
const row = fc.array(field, { minLength: 1 });

describe('a tuple', () => {
  test.each([
    [['a', 'b'], 'a\tb'],
    [[null, ''], '\\N\t'],
    [['\\N', 'x\ty\nz'], '\\\\N\tx\\ty\\nz'],
    [['\\x00ff'], '\\\\x00ff'],
    [['\b\f\r\v\\'], '\\b\\f\\r\\v\\\\'],
  ])('packs %j as COPY writes it', (values, tuple) => {
    expect(packTuple(values)).toBe(tuple);
    expect(unpackTuple(tuple)).toEqual(values);
  });

  test('unpacks to what was packed', () => {
    fc.assert(fc.property(row, (values) => expect(unpackTuple(packTuple(values))).toEqual(values)));
  });

  test('has a line end or a tab of a value nowhere', () => {
    fc.assert(fc.property(field, (value) => expect(packField(value)).not.toMatch(/[\t\n\r]/)));
  });

  test('gives single fields as unpacking all of them does', () => {
    fc.assert(
      fc.property(row, fc.array(fc.nat(20)), (values, picks) => {
        const columns = [...new Set(picks.map((pick) => pick % values.length))].sort((a, b) => a - b);
        expect(fieldsOf(packTuple(values), columns)).toEqual(columns.map((column) => values[column]));
      }),
    );
  });

  test('tells NULL from its two characters', () => {
    expect(unpackField('\\N')).toBeNull();
    expect(unpackField('\\\\N')).toBe('\\N');
  });
});
