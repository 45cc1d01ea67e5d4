import { expect, test } from '@jest/globals';
import { type Incarnation, JOB, LEASE_ID } from '#stage';
import { type JobRecord, JobState } from './job-record.js';
import { stateStore } from './testing/state-store.js';

const recordOf = (of: Incarnation) =>
  ({ _id: 'job', ...of, phase: 'loading', loading: true, history: [] }) as unknown as JobRecord;

test('a process that slept through the making of a new incarnation cannot end its loading, nor take its place', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const record = recordOf({ incarnation: 1, incarnationId: 'a' });
  const now = () => new Date();
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'this one', beat: 1 }]);
  const slept = await JobState.create(store, now, record, undefined, 'this one');
  const second = recordOf({ incarnation: 2, incarnationId: 'b' });
  const present = await JobState.create(store, now, second, record, 'this one');
  for (const former of [undefined, record]) {
    const late = JobState.create(store, now, recordOf({ incarnation: 2, incarnationId: 'c' }), former, 'this one');
    await expect(late).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  }
  await expect(slept.advance('building', { loading: false })).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  expect(await JobState.load(store)).toMatchObject({ incarnation: 2, phase: 'loading', loading: true });
  await present.advance('building', { loading: false });
  expect(await JobState.load(store)).toMatchObject({ phase: 'building', loading: false });
});

test.each([
  ['has the lease by now', 'another one'],
  ['has completed the job, lease and all', undefined],
])('a first load leaves no record where another process %s', async (_, holder) => {
  await using kept = await stateStore();
  const { store } = kept;
  if (holder !== undefined) await store.write.insert(JOB, [{ _id: LEASE_ID, holder, beat: 1 }]);
  const record = recordOf({ incarnation: 1, incarnationId: 'a' });
  const late = JobState.create(store, () => new Date(), record, undefined, 'this one');
  await expect(late).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  expect(await JobState.load(store)).toBeUndefined();
});

test('a former holder of the lease writes nothing into the record: whoever has it now would not know of it', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'a former one', beat: 1 }]);
  const now = () => new Date();
  const record = { ...recordOf({ incarnation: 1, incarnationId: 'a' }), paused: false, heldPhase: null };
  const former = await JobState.create(store, now, record, undefined, 'a former one');
  await store.write.patch(JOB, LEASE_ID, { set: { holder: 'this one' } });
  for (const late of [() => former.hold(), () => former.letGoOn(), () => former.advance('building')])
    await expect(late()).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  expect(await JobState.load(store)).toEqual(record);
  const state = new JobState(store, now, record, 'this one');
  await state.hold();
  expect(await JobState.load(store)).toMatchObject({ phase: 'paused', paused: true, heldPhase: 'loading' });
});

test('a job is let go on though this process does not know that it was held, and held though it believes so', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'this one', beat: 1 }]);
  const record = { ...recordOf({ incarnation: 1, incarnationId: 'a' }), paused: false, heldPhase: null };
  const state = await JobState.create(store, () => new Date(), record, undefined, 'this one');
  await store.write.patch(JOB, 'job', { set: { phase: 'paused', paused: true, heldPhase: 'loading' } });
  await state.letGoOn();
  expect(await JobState.load(store)).toMatchObject({ phase: 'loading', paused: false, heldPhase: null });
  await state.hold();
  await store.write.patch(JOB, 'job', { set: { phase: 'loading', paused: false, heldPhase: null } });
  await state.hold();
  expect(await JobState.load(store)).toMatchObject({ phase: 'paused', paused: true, heldPhase: 'loading' });
});

test.each([
  ['let go on', (state: JobState) => state.letGoOn(), { phase: 'building', paused: false, heldPhase: null }],
  ['held', (state: JobState) => state.hold(), { phase: 'paused', paused: true, heldPhase: 'building' }],
])('a phase that a job comes to while it is %s is not lost', async (_, ask, expected) => {
  await using kept = await stateStore();
  const { store } = kept;
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'this one', beat: 1 }]);
  const isHeld = expected.phase === 'building';
  const before = isHeld ? { phase: 'paused', paused: true, heldPhase: 'loading' } : { paused: false, heldPhase: null };
  const record = { ...recordOf({ incarnation: 1, incarnationId: 'a' }), ...before } as JobRecord;
  const state = await JobState.create(store, () => new Date(), record, undefined, 'this one');
  await Promise.all([state.advance('building', { loading: false }), ask(state)]);
  expect(await JobState.load(store)).toMatchObject({ ...expected, loading: false });
});
