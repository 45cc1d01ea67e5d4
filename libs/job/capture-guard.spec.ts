import { expect, test } from '@jest/globals';
import type { Source } from '#sources';
import { CaptureGuard } from './capture-guard.js';
import type { Patience } from './patience.js';

test('who slept since it saw that the source keeps too much does not drop the slot of whoever has caught up since', async () => {
  let isThere = true;
  const source = {
    captureHealth: async () => ({ exists: true, retainedBytes: 11 }),
    dropCapture: async (_names: unknown, _deadlineMs: number, confirm = async () => undefined) => {
      await confirm();
      isThere = false;
    },
  } as unknown as Source;
  const patience = { patiently: <T>(work: () => Promise<T>) => work() } as Patience;
  const guard = new CaptureGuard(source, { slot: 's', publication: 'p' }, patience, {
    maxRetainedBytes: 10,
    lease: { confirm: () => Promise.reject(new Error('taken over')), keptFor: (work) => work() },
    onHealth: () => undefined,
  });
  await expect(guard.look(false, async () => undefined)).rejects.toThrow('taken over');
  expect(isThere).toBe(true);
});
