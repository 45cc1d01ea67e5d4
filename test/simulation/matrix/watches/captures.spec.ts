import { expect, test } from '@jest/globals';
import type { Happening } from '../happening.js';
import { changes, killed, Watching } from './watching.js';

const [first, second] = [{}, {}];
const appends = (process: string, append: object, number: number, topic = 'x.rows'): Happening => ({
  kind: 'append begun',
  process,
  topic,
  append,
  records: [changes({ op: 'upsert', id: 1, number })] as never,
});
const arrived = (append: object): Happening => ({ kind: 'append resolved', append });

test('F45: what a capture had on its way arrives, although another one has begun on the same changes', () => {
  const watching = new Watching().see(appends('a', first, 5), appends('b', second, 5), arrived(second));
  expect(watching.times('F45')).toBe(0);
  expect(watching.see(arrived(first)).times('F45')).toBe(1);
});

test.each([
  ['the first one had its answer by then', [appends('a', first, 5), arrived(first), appends('b', second, 5)]],
  ['the other one goes on behind it', [appends('a', first, 5), appends('b', second, 6), arrived(first)]],
  ['it is the same one', [appends('a', first, 5), appends('a', second, 5), arrived(first)]],
  ['it is another load', [appends('a', first, 5), appends('b', second, 5, 'y.rows'), arrived(first)]],
  ['the first one is dead', [appends('a', first, 5), killed('a'), appends('b', second, 5), arrived(first)]],
])('F45 is none where %s', (_, happenings) => {
  expect(new Watching().see(...happenings, arrived(second)).times('F45')).toBe(0);
});
