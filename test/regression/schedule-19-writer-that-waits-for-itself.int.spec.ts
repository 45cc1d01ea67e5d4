import { expect, test } from '@jest/globals';
import { waitFor } from '#testing';
import { oracleJob, SIZES } from '../oracle/index.js';

test('what writing a document touches does not hold up the partition that it is written in', async () => {
  await using job = await oracleJob({
    schema: "CREATE TABLE accounts (id int PRIMARY KEY, code text); INSERT INTO accounts VALUES (1, 'a'), (2, 'a')",
    collections: 'accounts: { table: public.accounts, id: code }',
    tuning: SIZES.tiny,
  });
  await job.load();
  const ids = async () => (await job.documents('accounts')).map((document) => JSON.parse(document).id.$numberInt);
  await waitFor(async () => (await ids()).join() === '1');
  await job.pg.exec('DELETE FROM accounts WHERE id = 1');
  await waitFor(async () => (await ids()).join() === '2');
  await job.pg.exec("INSERT INTO accounts VALUES (3, 'b')");
  await waitFor(async () => (await ids()).join() === '2,3');
  expect(await job.letters()).toEqual([]);
});
