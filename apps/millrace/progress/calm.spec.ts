import { expect, test } from '@jest/globals';
import type { JobEvent } from '#job';
import { Calm } from './calm.js';

test('trouble is told once, again after half a minute, and its end only where it was told', () => {
  const told: JobEvent[] = [];
  let now = 0;
  const calm = new Calm({ take: (event) => told.push(event), end: () => undefined }, () => now);
  const trouble: JobEvent = { kind: 'trouble', message: 'the target is gone' };
  const other: JobEvent = { kind: 'trouble', message: 'the source is gone' };
  const recovered: JobEvent = { kind: 'recovered' };
  for (const event of [recovered, trouble, trouble, other, trouble]) calm.take(event);
  now = 30_000;
  for (const event of [trouble, recovered, recovered, trouble]) calm.take(event);
  expect(told).toEqual([trouble, other, trouble, recovered, trouble]);
});
