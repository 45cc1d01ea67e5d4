import { expect, test } from '@jest/globals';
import { type Figure, MARKS, medianOf, reaches, summarise } from './figures.js';

test('the median is the middle one, or between the two in the middle', () => {
  expect([medianOf([3, 1, 2]), medianOf([4, 1, 2, 3]), medianOf([5])]).toEqual([2, 2.5, 5]);
});

test('a mark is reached at it from above, and only below it where less is better', () => {
  expect([reaches(8000, MARKS.changesPerSecond), reaches(7999, MARKS.changesPerSecond)]).toEqual([true, false]);
  expect([reaches(249, MARKS.p99Ms), reaches(250, MARKS.p99Ms)]).toEqual([true, false]);
});

test('the runs of a figure become one line with median and spread', () => {
  const figure = (value: number): Figure => ({ measure: 'latency', name: 'p99', unit: 'ms', value, mark: MARKS.p99Ms });
  const other: Figure = { measure: 'latency', name: 'p50', unit: 'ms', value: 1 };
  expect(summarise([figure(300), other, figure(100), figure(200)])).toEqual([
    expect.objectContaining({ name: 'p99', median: 200, least: 100, most: 300, reached: true }),
    expect.objectContaining({ name: 'p50', median: 1, values: [1] }),
  ]);
});
