import { expect, test } from '@jest/globals';
import { openMongoStore } from '#store/mongodb';
import { testMongo } from '#testing';
import { JobAudit } from './job-audit.js';

test('what was done to a job is listed oldest first, page by page, and nothing of other jobs', async () => {
  await using mongo = await testMongo();
  const { uri, database } = mongo;
  const store = await openMongoStore({ uri, stateDatabase: database, targetDatabase: database, appName: 'test' });
  try {
    let ms = 0;
    const audit = new JobAudit(store, () => new Date(ms++ >> 1), 'here');
    for (const job of ['shop', 'shop_2', 'sho'])
      for (const action of ['run', 'create', 'stop'] as const) await audit.note(job, action, 'ada', { n: 1 });
    const first = await audit.list('shop', { limit: 2 });
    expect(first.map(({ action, by }) => [action, by])).toEqual([
      ['run', 'ada'],
      ['create', 'ada'],
    ]);
    const rest = await audit.list('shop', { after: first.at(-1)?.id, limit: 10 });
    expect(rest).toEqual([
      {
        id: expect.stringMatching(/^1970-/),
        at: new Date(1).toISOString(),
        by: 'ada',
        action: 'stop',
        details: { n: 1 },
      },
    ]);
  } finally {
    await store.close();
  }
});
