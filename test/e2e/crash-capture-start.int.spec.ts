import { expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { waitFor } from '#testing';
import { leftOnSource, workshop } from './kit/job-life.js';
import { SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** The server waits for open transactions when it makes a slot, and does not notice that who asked for it is gone. */
test.each(['before', 'after'])(
  'a process killed between publication and slot leaves nothing, if the transaction that the slot waits for ends %s the next run begins',
  async (when) => {
    await using shop = await workshop(SCHEMA);
    const life = await shop.newJob();
    const open = new pg.Client({ connectionString: shop.postgres.uri });
    await open.connect();
    await open.query("BEGIN; INSERT INTO customers VALUES (50, 'late')");
    try {
      await using killed = life.start('run', life.file);
      await waitFor(async () => (await waitingForSlot()) > 0, SLOWLY);
      expect(await leftOnSource(shop, life)).toContainEqual(expect.stringContaining(life.job));
      killed.child.kill('SIGKILL');
      await killed.ended;
      if (when === 'before') await open.query('COMMIT');
      const next = life.sync();
      if (when === 'after') {
        await waitFor(async () => (await waitingForSlot()) > 0, SLOWLY);
        await open.query('COMMIT');
      }
      await next;
      await waitFor(async () => (await leftOnSource(shop, life)).length <= 2, SLOWLY);
      await life.end();
      expect(await leftOnSource(shop, life)).toEqual([]);
    } finally {
      await open.end();
    }

    async function waitingForSlot(): Promise<number> {
      const rows = await shop.postgres.query(
        `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
          WHERE NOT granted AND locktype = 'transactionid' AND backend_type = 'walsender' AND datname = current_database()`,
      );
      return rows.length;
    }
  },
);
