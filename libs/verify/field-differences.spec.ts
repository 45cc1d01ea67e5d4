import { describe, expect, test } from '@jest/globals';
import { BSON, Double, Int32, Long } from 'bson';
import { exactDocument } from './bson-elements.js';
import { fieldDifferences } from './field-differences.js';

const bytes = (document: object) => BSON.serialize(document);

describe('the differences of two documents', () => {
  test.each([
    ['nothing, where they are equal in every byte', { a: 1, b: [1, { c: 2 }] }, { a: 1, b: [1, { c: 2 }] }, []],
    ['a field that comes', { a: 1 }, { a: 1, b: 2 }, [{ path: 'b', kind: 'added' }]],
    [
      'a field that goes, deep inside',
      { a: { b: [{ c: 1 }] } },
      { a: { b: [{}] } },
      [{ path: 'a.b.0.c', kind: 'removed' }],
    ],
    ['a value', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', kind: 'changed' }]],
    ['a type alone', { a: new Int32(1) }, { a: Long.ONE }, [{ path: 'a', kind: 'changed' }]],
    ['the sign of zero', { a: new Double(0) }, { a: new Double(-0) }, [{ path: 'a', kind: 'changed' }]],
    ['a document that becomes an array', { a: {} }, { a: [] }, [{ path: 'a', kind: 'changed' }]],
    ['an order alone', { x: { a: 1, b: 2 } }, { x: { b: 2, a: 1 } }, [{ path: 'x', kind: 'changed' }]],
    ['an order of the whole', { a: 1, b: 2 }, { b: 2, a: 1 }, [{ path: '', kind: 'changed' }]],
    [
      'an element more, and one that changes',
      { a: [1, 2] },
      { a: [1, 3, 4] },
      [
        { path: 'a.1', kind: 'changed' },
        { path: 'a.2', kind: 'added' },
      ],
    ],
  ])('are %s', (_, now, then, expected) => {
    expect(fieldDifferences(bytes(now), bytes(then))).toEqual(expected);
  });

  test('are all its fields, where there is no document on one side', () => {
    expect(fieldDifferences(undefined, bytes({ _id: 1, a: 2 }))).toEqual([
      { path: '_id', kind: 'added' },
      { path: 'a', kind: 'added' },
    ]);
    expect(fieldDifferences(bytes({ _id: 1 }), undefined)).toEqual([{ path: '_id', kind: 'removed' }]);
  });

  test('are bounded', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, i]));
    expect(fieldDifferences(bytes({}), bytes(many))).toHaveLength(1_000);
  });
});

test('a document is read with its types and its order, also where objects would move its fields', () => {
  const document = new Map<string, unknown>([
    ['b', new Int32(1)],
    ['10', new Map([['__proto__', new Double(1)]])],
    ['2', [Long.ONE, new Map([['7', null]])]],
  ]);
  const read = exactDocument(BSON.serialize(document as never)) as Map<string, unknown>;
  expect([...read.keys()]).toEqual(['b', '10', '2']);
  expect(BSON.serialize(read as never)).toEqual(BSON.serialize(document as never));
});
