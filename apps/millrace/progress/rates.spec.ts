import { expect, test } from '@jest/globals';
import { Rates, secondsLeft } from './rates.js';

test('a steady pace is told as it is, from the second look on', () => {
  const rates = new Rates();
  expect(rates.update('orders', 0, 0)).toBeUndefined();
  expect(rates.update('orders', 1000, 1000)).toBe(1000);
  expect(rates.update('orders', 2000, 2000)).toBe(1000);
});

test('a look too soon after the last changes nothing', () => {
  const rates = new Rates();
  rates.update('orders', 0, 0);
  rates.update('orders', 1000, 1000);
  expect(rates.update('orders', 1001, 1050)).toBe(1000);
});

test('a change of pace is followed, smoothed', () => {
  const rates = new Rates();
  rates.update('orders', 0, 0);
  rates.update('orders', 1000, 1000);
  const slower = rates.update('orders', 1000, 2000);
  expect(slower).toBeGreaterThan(500);
  expect(slower).toBeLessThan(1000);
});

test('waiting for a turn is no pace', () => {
  const rates = new Rates();
  rates.update('orders', 0, 0);
  expect(rates.update('orders', 0, 60_000)).toBeUndefined();
  expect(rates.update('orders', 1000, 61_000)).toBe(1000);
});

test('a load that begins again begins anew', () => {
  const rates = new Rates();
  rates.update('orders', 500, 0);
  expect(rates.update('orders', 0, 1000)).toBeUndefined();
});

test('the time left is known only while there is a pace and something to do', () => {
  expect(secondsLeft(100, 1100, 100)).toBe(10);
  expect(secondsLeft(100, 1100, undefined)).toBeUndefined();
  expect(secondsLeft(100, 1100, 0)).toBeUndefined();
  expect(secondsLeft(1100, 1100, 100)).toBeUndefined();
});
