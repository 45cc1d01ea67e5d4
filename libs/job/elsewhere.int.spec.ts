import { expect, test } from '@jest/globals';
import { IncarnationNames, JOB, JOB_ID } from '#stage';
import type { Plan } from '#model';
import type { Store } from '#store';
import { Elsewhere } from './elsewhere.js';
import type { JobState } from './job-record.js';
import type { LiveView } from './live.js';
import { stateStore } from './testing/state-store.js';

const NAMES = new IncarnationNames({ job: 'j', incarnation: 1, incarnationId: 'i' } as never);

function letter(id: string, firstAt: string) {
  return {
    _id: id,
    collection: 'c',
    waits: null,
    code: 'EXPRESSION_FAILED',
    firstAt: new Date(firstAt),
    lastAt: new Date(firstAt),
  };
}

/** Of a job that streams, whose documents another process writes, or not. */
function streaming(store: Store, { write }: { write: boolean }): Elsewhere {
  return new Elsewhere({
    store,
    names: NAMES,
    plan: {} as Plan,
    state: { at: 'streaming' } as JobState,
    live: {} as LiveView,
    others: { load: false, build: false, write },
    mostLetters: 1,
    now: () => 0,
  });
}

test('letters that were there when the run began stop nobody; a document that fails once more is another one', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const elsewhere = streaming(store, { write: true });
  await store.write.insert(NAMES.letters, [letter('a', '2026-01-01')]);
  expect(await elsewhere.look()).toBeUndefined();
  await store.write.patch(NAMES.letters, 'a', { set: { lastAt: new Date('2026-01-02') } });
  expect(await elsewhere.look()).toBeUndefined();
  await store.write.remove(NAMES.letters, ['a']);
  expect(await elsewhere.look()).toBeUndefined();
  await store.write.insert(NAMES.letters, [letter('a', '2026-01-03')]);
  expect(await elsewhere.look()).toEqual({ failed: 1 });
});

test('what a worker found to need a person is told, though a pause has taken the phase over since', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const elsewhere = streaming(store, { write: false });
  const record = { _id: JOB_ID, incarnationId: 'i', phase: 'paused', paused: true, attention: null };
  await store.write.insert(JOB, [record]);
  expect(await elsewhere.look()).toBeUndefined();
  const attention = { code: 'LOG_DAMAGED', message: 'records are missing', remedy: 'load anew' };
  await store.write.patch(JOB, JOB_ID, { set: { attention } });
  await expect(elsewhere.look()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
});
