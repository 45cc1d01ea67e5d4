import { expect, test } from '@jest/globals';
import { databaseName } from './database-name.js';

test.each([
  ['postgresql://u:p@h:5432/shop?sslmode=require', 'shop'],
  ['postgres://u:p%40x@h/my%20shop', 'my shop'],
  ['mongodb://a:1,b:2/shop?replicaSet=rs0', 'shop'],
  ['mongodb+srv://u:p@c.example/shop', 'shop'],
  ['mongodb://h:27017/?replicaSet=rs0', undefined],
  ['mongodb://h:27017', undefined],
  ['postgres://h/a%zz', undefined],
])('%s names %s', (uri, name) => {
  expect(databaseName(uri)).toBe(name);
});
