import { expect, test } from '@jest/globals';
import { openMongoStore } from '#store/mongodb';
import { testMongo } from '#testing';
import { type JobRecord, JobState } from './job-record.js';

test('a process that slept through the making of a new incarnation cannot end its loading', async () => {
  await using mongo = await testMongo();
  const stateDatabase = `millrace_${mongo.job}`;
  const store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  try {
    const record = { _id: 'job', incarnation: 1, phase: 'loading', loading: true, history: [] } as unknown as JobRecord;
    const slept = await JobState.create(store, () => new Date(), record);
    const present = await JobState.create(store, () => new Date(), { ...record, incarnation: 2 });
    await expect(slept.advance('building', { loading: false })).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
    expect(await JobState.load(store)).toMatchObject({ incarnation: 2, phase: 'loading', loading: true });
    await present.advance('building', { loading: false });
    expect(await JobState.load(store)).toMatchObject({ phase: 'building', loading: false });
  } finally {
    await store.close();
  }
});
