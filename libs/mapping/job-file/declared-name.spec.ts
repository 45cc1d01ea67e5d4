import { expect, test } from '@jest/globals';
import { declaredJobName } from './declared-name.js';

test.each([
  ['job: shop\nsource: { uri: "${PG}" }', 'shop'],
  ['{"job": "shop_2"}', 'shop_2'],
  ['job: "${JOB}"', undefined],
  ['job: Shop', undefined],
  ['job: [shop]', undefined],
  ['[not, a, job]', undefined],
  ['just text', undefined],
  ['', undefined],
  ['job: {', undefined],
])('the name of %j is %p', (text, name) => {
  expect(declaredJobName(text)).toBe(name);
});
