import { expect, test } from '@jest/globals';
import { tracedStore } from '../../test/e2e/kit/traced-ports.js';
import { planOf } from '../mapping/testing/compile-fixture.js';
import { type JobRecord, JobState } from './job-record.js';
import { beginLoad } from './testing/begin-load.js';
import { stateStore } from './testing/state-store.js';

const PLAN = planOf('customers:\n  table: public.customers');

test('topics of a load that was given up go, though the process died before it had removed them', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const { record: givenUp } = await beginLoad(store, PLAN);
  const removeTopics = () => Promise.reject(new Error('the process died'));
  await expect(beginLoad(store, PLAN, givenUp, { removeTopics })).rejects.toThrow('the process died');
  const removed: string[] = [];
  await beginLoad(store, PLAN, (await JobState.load(store)) as JobRecord, {
    removeTopics: async (incarnations) => void removed.push(...incarnations.map(({ incarnationId }) => incarnationId)),
  });
  expect(removed).toContain(givenUp.incarnationId);
});

test('positions of another source, or of another history, are above all of the former one', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const { record: first } = await beginLoad(store, PLAN);
  const { record: same } = await beginLoad(store, PLAN, first);
  expect(same.epoch).toBe(first.epoch);
  const elsewhere = { ...same, identity: { system: 's', history: 'another', version: '1' } };
  expect((await beginLoad(store, PLAN, elsewhere)).record.epoch).toBe(same.epoch + 1);
});

test('who slept once its load was recorded drops nothing of a load that began since, under the same number', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  let since: string[] = [];
  const slept = tracedStore(store, async (step) => {
    if (step !== 'job insert after') return;
    await store.dropState();
    await beginLoad(store, PLAN, undefined, { holder: 'another one' });
    since = await store.collections('state');
  });
  await expect(beginLoad(slept, PLAN)).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  expect((await store.collections('state')).sort()).toEqual(since.sort());
});
