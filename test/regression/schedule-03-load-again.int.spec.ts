import { expect, test } from '@jest/globals';
import { workshop } from '../e2e/kit/job-life.js';
import { changes, SCHEMA } from '../e2e/kit/shop.js';

/**
 * As after a fail-over to a standby without the slot: changes are missing from the log, so nothing of the former stage
 * may count. Not a row that has gone, not a large column that was left alone, not a fence, not a barrier.
 */
test('where changes are lost the job stops, and a load anew keeps nothing of the former incarnation', async () => {
  await using shop = await workshop(SCHEMA);
  const life = await shop.newJob();
  await life.sync();
  await shop.postgres.exec(changes(1));
  await life.sync();
  const stages = await stagesOf();
  expect(stages.length).toBeGreaterThan(0);

  await shop.postgres.exec(`
    SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'millrace_${life.job}_%';
    ${changes(2)}
    DELETE FROM customers WHERE id = 4;
    DELETE FROM accounts WHERE id = 5;
    UPDATE orders SET note = repeat('lost', 1000) WHERE id = 7`);
  const stopped = await life.run('run', '--until-synced', life.file);
  expect(stopped).toMatchObject({ code: 1, err: expect.stringContaining('SLOT_MISSING') });
  expect((await life.run('status', life.file, '--json')).json).toMatchObject([{ phase: 'attention' }]);

  // The next change of the row leaves the large column out of the log again.
  await shop.postgres.exec("UPDATE orders SET status = 'kept its note' WHERE id = 7");
  expect(await life.run('run', '--fresh', '--until-synced', life.file)).toMatchObject({
    code: 0,
    err: expect.anything(),
  });
  await life.sync();
  await life.verify();
  const now = await stagesOf();
  expect(now.length).toBe(stages.length);
  expect(now.filter((stage) => stages.includes(stage))).toEqual([]);
  await life.end();

  async function stagesOf(): Promise<string[]> {
    const collections = await shop.mongo.client.db(`millrace_${life.job}`).listCollections().toArray();
    return collections
      .map(({ name }) => name)
      .filter((name) => name.startsWith('stage'))
      .sort();
  }
});
