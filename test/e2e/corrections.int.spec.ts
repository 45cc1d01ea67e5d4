import { expect, jest, test } from '@jest/globals';
import { openJob } from '#job';
import { waitFor } from '#testing';
import { oracleJob } from '../oracle/index.js';
import { cliJob } from './kit/cli-job.js';
import { tracedDeps } from './kit/traced-ports.js';

jest.setTimeout(240_000);

test('a correction is in every document with the row once its letter is replayed, and in none before', async () => {
  await using job = await cliJob(
    `
    CREATE TABLE customers (id int PRIMARY KEY, name text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int, deliver_on timestamptz, note text);
    INSERT INTO customers VALUES (1, 'Ada');
    INSERT INTO orders VALUES (7, 1, 'infinity', 'as in the source');
  `,
    `collections:
  orders: { table: public.orders }
  customers:
    table: public.customers
    embed: { orders: { many: public.orders, on: { customer_id: id }, fields: [id, note] } }`,
  );
  const { cli, mongo, file } = job;
  const customer = () => mongo.client.db(mongo.database).collection<{ _id: number }>('customers').findOne({ _id: 1 });
  expect(await cli.run(['run', file, '--until-synced'])).toMatchObject({ code: 0 });
  const [letter] = (await cli.run(['dead-letters', 'list', file, '--json'])).json[0] as { id: string }[];
  const id = letter?.id ?? '';

  const values = ['--set', 'deliver_on=2026-03-01', '--set', 'note=corrected'];
  expect(await cli.run(['dead-letters', 'edit', id, file, ...values])).toMatchObject({ code: 0 });
  expect(await customer()).toMatchObject({ orders: [{ note: 'as in the source' }] });
  expect(await cli.run(['dead-letters', 'replay', file, '--id', id])).toMatchObject({ code: 0 });
  expect(await customer()).toMatchObject({ orders: [{ note: 'corrected' }] });
});

test('a correction of a row that changes meanwhile is none, and says so', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE orders (id int PRIMARY KEY, deliver_on timestamptz, note text);
      INSERT INTO orders VALUES (7, 'infinity', 'before')`,
    collections: 'orders: { table: public.orders }',
  });
  await job.load();
  await job.stop();
  const state = job.mongo.client.db(`millrace_${job.mongo.job}`);
  const isStaged = async () => {
    const stages = await state.listCollections({ name: /^stage_/ }, { nameOnly: true }).toArray();
    return (await state.collection(stages[0]?.name ?? '').countDocuments({ c: /meanwhile/ })) > 0;
  };
  let isChanged = false;
  const at = async (step: string): Promise<void> => {
    if (isChanged || !step.startsWith('audit')) return;
    isChanged = true;
    await job.pg.exec("UPDATE orders SET note = 'meanwhile'");
    await waitFor(isStaged, { timeoutMs: 60_000 });
  };
  const [letter] = await job.commands.listLetters();
  const commands = openJob(tracedDeps(job.deps, at));
  const edit = commands.editLetter(letter?.id ?? '', { deliver_on: '2026-03-01' }, 'tester');
  await expect(edit).rejects.toMatchObject({
    code: 'EDIT_REFUSED',
    message: expect.stringContaining('changed meanwhile'),
  });
  await commands.close();
  expect(isChanged).toBe(true);
  await job.commands.reset();
});
