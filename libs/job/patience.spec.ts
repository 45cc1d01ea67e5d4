import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { MillraceError } from '#errors';
import { type JobTimers, Patience } from './patience.js';

test('waiting out a failure leaves no listener on the signal, however often it is waited', async () => {
  const timers = { wait: async () => undefined, random: () => 0 } as unknown as JobTimers;
  const told: (string | undefined)[] = [];
  const patience = new Patience(timers, new AbortController().signal, (message) => told.push(message));
  const { signal } = new AbortController();
  const error = new MillraceError({ code: 'AWAY', cause: 'it is away', remedy: '', exit: 1 }, 'it is away');
  for (let i = 0; i < 3; i++) await patience.waitOut(error, i, async () => undefined, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(told.at(-1)).toBeUndefined();
});
