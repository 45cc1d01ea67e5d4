import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { decidingFields, withFields } from './validated-fields.js';

const fieldsOf = (rule: Document): string[] | undefined => {
  const fields = decidingFields(rule);
  return fields && [...fields].sort();
};

test.each<[string, Document, string[]]>([
  ['none', {}, []],
  ['fields and paths', { size: { $gte: 0 }, 'address.city': 'Bern', 'lines.0.price': 1 }, ['address', 'lines', 'size']],
  ['rules in rules', { $or: [{ a: 1 }, { $and: [{ b: 1 }, { $nor: [{ c: 1 }] }] }], $comment: 'why' }, ['a', 'b', 'c']],
  [
    'a schema',
    {
      $jsonSchema: {
        bsonType: 'object',
        required: ['a', 'b.c'],
        properties: { d: { additionalProperties: false }, e: { properties: { f: {} } } },
        anyOf: [{ required: ['g'] }, { not: { required: ['h'] } }],
      },
    },
    ['a', 'b.c', 'd', 'e', 'g', 'h'],
  ],
])('a validator of %s is decided by the fields that it names', (_, rule, fields) => {
  expect(fieldsOf(rule)).toEqual(fields);
});

test.each<[string, Document]>([
  ['an expression', { a: 1, $expr: { $gt: ['$b', 1] } }],
  ['code', { $where: 'this.b' }],
  ['a schema that forbids all others', { $jsonSchema: { properties: { a: {} }, additionalProperties: false } }],
  ['a schema that counts fields', { $jsonSchema: { minProperties: 2 } }],
  ['patterns of names', { $jsonSchema: { patternProperties: { '^a': {} } } }],
  ['fields that need others', { $jsonSchema: { dependencies: { a: ['b'] } } }],
  ['something of these in a rule of a rule', { $or: [{ a: 1 }, { $jsonSchema: { allOf: [{ maxProperties: 3 }] } }] }],
])('a validator with %s may look at any field', (_, rule) => {
  expect(fieldsOf(rule)).toBeUndefined();
});

test('of a document its _id and those fields are left, and none that it does not have', () => {
  const document = { _id: 1, a: undefined, b: null, c: { d: 1 }, e: 5 };
  expect(withFields([document], new Set(['b', 'c', 'z', '_id', 'toString']))).toEqual([
    { _id: 1, b: null, c: { d: 1 } },
  ]);
  expect(withFields([document], undefined)).toEqual([document]);
});
