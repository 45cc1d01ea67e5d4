import { expect, jest, test } from '@jest/globals';
import { waitFor } from '#testing';
import { oracleJob } from '../oracle/index.js';

jest.setTimeout(240_000);

test('retries that were lost with their process are found again in the letters', async () => {
  await using job = await oracleJob({
    schema: "CREATE TABLE accounts (id int PRIMARY KEY, code text); INSERT INTO accounts VALUES (1, 'a'), (2, 'a')",
    collections: 'accounts: { table: public.accounts, id: code }',
  });
  const attempts = async () => (await job.commands.listLetters())[0]?.attempts ?? 0;
  await job.load();
  await waitFor(async () => (await attempts()) > 0);
  await job.stop();
  const before = await attempts();
  await job.load();
  await waitFor(async () => (await attempts()) > before, { timeoutMs: 40_000 });
  expect(await job.commands.listLetters()).toMatchObject([{ code: 'ID_TAKEN' }]);
});
