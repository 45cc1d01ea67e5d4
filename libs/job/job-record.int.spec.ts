import { expect, test } from '@jest/globals';
import { type Incarnation, JOB, LEASE_ID } from '#stage';
import { openMongoStore } from '#store/mongodb';
import { testMongo } from '#testing';
import { type JobRecord, JobState } from './job-record.js';

const recordOf = (of: Incarnation) =>
  ({ _id: 'job', ...of, phase: 'loading', loading: true, history: [] }) as unknown as JobRecord;

test('a process that slept through the making of a new incarnation cannot end its loading, nor take its place', async () => {
  await using mongo = await testMongo();
  const stateDatabase = `millrace_${mongo.job}`;
  const store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  try {
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
  } finally {
    await store.close();
  }
});

test.each([
  ['has the lease by now', 'another one'],
  ['has completed the job, lease and all', undefined],
])('a first load leaves no record where another process %s', async (_, holder) => {
  await using mongo = await testMongo();
  const stateDatabase = `millrace_${mongo.job}`;
  const store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  try {
    if (holder !== undefined) await store.write.insert(JOB, [{ _id: LEASE_ID, holder, beat: 1 }]);
    const record = recordOf({ incarnation: 1, incarnationId: 'a' });
    const late = JobState.create(store, () => new Date(), record, undefined, 'this one');
    await expect(late).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
    expect(await JobState.load(store)).toBeUndefined();
  } finally {
    await store.close();
  }
});
