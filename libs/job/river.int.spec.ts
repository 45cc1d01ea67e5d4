import { expect, test } from '@jest/globals';
import type { MakeRetryQueue, RetryQueueParts, TouchAgain } from '#dead-letter';
import type { Plan } from '#model';
import { IncarnationNames } from '#stage';
import { letterId } from '#write';
import type { JobTimers } from './patience.js';
import { makeRetries } from './river.js';
import { stateStore } from './testing/state-store.js';

const NAMES = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
const PLAN = { job: 'shop', collections: [{ index: 0, name: 'orders' }] } as unknown as Plan;

test('a retry that comes late touches what still waits for it: not what is written, nor what waits for an operator', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const letter = (root: string, more: object) => ({
    _id: letterId('orders', root),
    root,
    nextAt: null,
    waits: null,
    ...more,
  });
  const letters = [letter('due', { nextAt: new Date(0) }), letter('claims', { waits: '0:s"a"' }), letter('edited', {})];
  await store.write.insert(NAMES.letters, letters);
  let retry: TouchAgain = () => Promise.reject(new Error('no queue was made'));
  const deadLetter = (({ touch }: RetryQueueParts) => {
    retry = touch;
  }) as unknown as MakeRetryQueue;
  const touched: unknown[] = [];
  makeRetries(
    { plan: PLAN, store, names: NAMES, timers: {} as JobTimers, onFailure: () => undefined, rooms: { deadLetter } },
    { touch: async (_collection, roots) => touched.push(...roots) },
  );
  await retry(0, ['written', 'edited', 'due', 'claims']);
  expect(touched.sort()).toEqual(['claims', 'due']);
});
