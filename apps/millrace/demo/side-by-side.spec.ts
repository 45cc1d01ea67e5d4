import { expect, test } from '@jest/globals';
import pc from 'picocolors';
import { sideBySide } from './side-by-side.js';

const plain = pc.createColors(false);
const rows = [
  { table: 'shop.orders', rows: [{ id: 1, status: 'new' }] },
  { table: 'shop.order_tags', rows: [] },
];

test('rows stand on the left, the document on the right', () => {
  expect(sideBySide(rows, { _id: 1, tags: ['a', { b: 1 }] }, plain, 120).split('\n')).toEqual([
    '  rows in PostgreSQL       │  document in MongoDB, shop.orders',
    '  shop.orders              │  {',
    '    id  status             │    "_id": 1,',
    '    1   new                │    "tags": [',
    '                           │      "a",',
    '  shop.order_tags no rows  │      { "b": 1 }',
    '                           │    ]',
    '                           │  }',
  ]);
});

test('one below the other where there is no room', () => {
  const lines = sideBySide(rows, { _id: 1, tags: [] }, plain, 30).split('\n');
  expect(lines[0]).toBe('  rows in PostgreSQL');
  expect(lines).toContain('  document in MongoDB, shop.orders');
});
