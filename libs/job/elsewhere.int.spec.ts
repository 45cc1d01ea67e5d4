import { expect, test } from '@jest/globals';
import { IncarnationNames } from '#stage';
import type { Plan } from '#model';
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

test('letters that were there when the run began stop nobody; a document that fails once more is another one', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const elsewhere = new Elsewhere({
    store,
    names: NAMES,
    plan: {} as Plan,
    state: { at: 'streaming' } as JobState,
    live: {} as LiveView,
    others: { load: false, build: false, write: true },
    mostLetters: 1,
    now: () => 0,
  });
  await store.write.insert(NAMES.letters, [letter('a', '2026-01-01')]);
  expect(await elsewhere.look()).toBeUndefined();
  await store.write.patch(NAMES.letters, 'a', { set: { lastAt: new Date('2026-01-02') } });
  expect(await elsewhere.look()).toBeUndefined();
  await store.write.remove(NAMES.letters, ['a']);
  expect(await elsewhere.look()).toBeUndefined();
  await store.write.insert(NAMES.letters, [letter('a', '2026-01-03')]);
  expect(await elsewhere.look()).toEqual({ failed: 1 });
});
