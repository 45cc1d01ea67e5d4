import { expect, test } from '@jest/globals';
import { bytes, counted, duration, percent } from './units.js';

test.each([
  [0, '0.0 s'],
  [9.94, '9.9 s'],
  [59.4, '59 s'],
  [61, '1:01'],
  [3661, '1:01:01'],
  [93_600, '1 d 2 h'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [10 * 1024 ** 3, '10.0 GiB'],
])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

test('a table of no rows is whole, and an estimate that was too low stays at 100', () => {
  expect([percent(0, 0), percent(1, 3), percent(999, 1000), percent(5, 4)]).toEqual(['100 %', '33 %', '99 %', '100 %']);
});

test('one is not many', () => {
  expect([counted(1, 'row'), counted(0, 'row'), counted(1234, 'row')]).toEqual(['1 row', '0 rows', '1,234 rows']);
});
