import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { MillraceError } from '#errors';
import { JOB, LEASE_ID, REQUESTS } from '#stage';
import { answer, ask } from './requests.js';
import { stateStore } from './testing/state-store.js';

const timers = {
  now: () => Date.now(),
  wait: (ms: number, signal?: AbortSignal) => delay(ms, undefined, { signal }),
  setTimeout: () => undefined,
  clearTimeout: () => undefined,
  random: () => 0,
};

test('a former holder that wakes takes nothing that the present one is asked for what was asked of one before', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'this one', beat: 1 }]);
  const over = new AbortController();
  const asked = ask({ kind: 'pause' }, { store, timers, holder: 'this one' }, over.signal);
  const isAsked = async () => (await store.read.range(REQUESTS, {}, { limit: 1 })).length > 0;
  while (!(await isAsked())) await delay(10);
  const former = answer({ store, timers, holder: 'a former one' }, async () => undefined, over.signal);
  await expect(former).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  expect(await isAsked()).toBe(true);
  const present = answer({ store, timers, holder: 'this one' }, async () => 'held', over.signal);
  expect(await asked).toBe('held');
  over.abort();
  await present;
});

test('a request that a killed process has open keeps no other one from its answer', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'this one', beat: 1 }]);
  await store.write.insert(REQUESTS, [{ _id: '0', to: 'a former one', state: 'done' }]);
  const over = new AbortController();
  let isOpen = false;
  const killed = store.transact('killed', async (tx) => {
    await tx.remove(REQUESTS, ['0']);
    isOpen = true;
    await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
  });
  while (!isOpen) await delay(10);
  const present = answer({ store, timers, holder: 'this one' }, async () => 'done', over.signal);
  expect(await ask({ kind: 'sync' }, { store, timers, holder: 'this one' })).toBe('done');
  over.abort();
  await Promise.all([killed, present]);
});

test.each([
  ['fails as its holder stops', 'LOG_CLOSED', true],
  ['fails as another process has taken the job over', 'JOB_TAKEN_OVER', false],
])('what %s is not answered: the next one is asked', async (_, code, stops) => {
  await using kept = await stateStore();
  const { store } = kept;
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'this one', beat: 1 }]);
  const stop = new AbortController();
  const carryOut = async () => {
    if (stops) stop.abort();
    else setImmediate(() => stop.abort());
    throw new MillraceError({ code, cause: 'it has ended', remedy: '', exit: 1 }, 'it has ended');
  };
  const present = answer({ store, timers, holder: 'this one' }, carryOut, stop.signal);
  const asked = ask({ kind: 'verify', repair: false }, { store, timers, holder: 'this one' });
  asked.catch(() => undefined);
  await present;
  expect(await store.read.range(REQUESTS, {}, { limit: 2 })).toMatchObject([{ state: 'asked' }]);
  await store.write.patch(JOB, LEASE_ID, { set: { holder: 'the next one' } });
  const over = new AbortController();
  const next = answer({ store, timers, holder: 'the next one' }, async () => undefined, over.signal);
  await expect(asked).rejects.toMatchObject({ code: 'REQUEST_UNANSWERED' });
  over.abort();
  await next;
});
