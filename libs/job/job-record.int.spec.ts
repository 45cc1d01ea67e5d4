import { expect, test } from '@jest/globals';
import type { Incarnation } from '#stage';
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
    const slept = await JobState.create(store, now, record, undefined);
    const second = recordOf({ incarnation: 2, incarnationId: 'b' });
    const present = await JobState.create(store, now, second, record);
    for (const former of [undefined, record]) {
      const late = JobState.create(store, now, recordOf({ incarnation: 2, incarnationId: 'c' }), former);
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
