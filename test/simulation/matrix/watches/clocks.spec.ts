import { expect, test } from '@jest/globals';
import type { Happening } from '../happening.js';
import { committed, Watching } from './watching.js';

test('F48: a process goes on that stood still for a minute', () => {
  const wentOn = (stoodStillMs: number): Happening => ({ kind: 'went on', process: 'a', stoodStillMs });
  expect(new Watching().see(wentOn(59_999)).times('F48 a pause')).toBe(0);
  expect(new Watching().see(wentOn(60_000)).times('F48 a pause')).toBe(1);
});

test.each([
  ['F48 a clock put forward', 60_000],
  ['F48 a clock put back', -60_000],
])('%s: of a process that commits something then', (counter, byMs) => {
  const watching = new Watching().see({ kind: 'clock set', process: 'a', byMs }, committed('b', 'rows', []));
  expect(watching.times(counter)).toBe(0);
  expect(watching.see(committed('a', 'rows', []), committed('a', 'rows', [])).times(counter)).toBe(1);
});
