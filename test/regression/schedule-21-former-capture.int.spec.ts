import { expect, jest, test } from '@jest/globals';
import { waitFor } from '#testing';
import { leftOnSource, workshop } from '../e2e/kit/job-life.js';
import { changes, SCHEMA } from '../e2e/kit/shop.js';

jest.setTimeout(240_000);

/**
 * A process that is suspended (a virtual machine that is moved, a laptop that sleeps) loses the job to another, and
 * wakes with a capture, batches and transactions of its own.
 */
test.each([
  ['goes on with the job', []],
  ['loads it anew', ['--fresh']],
])(
  'a process that wakes after another %s confirms nothing, writes nothing and says why it ends',
  async (_, options) => {
    await using shop = await workshop(SCHEMA);
    const life = await shop.newJob();
    await using former = life.start('run', life.file);
    await waitFor(() => former.err.includes('following changes'), { timeoutMs: 30_000 });
    const [formerSlot] = await leftOnSource(shop, life);
    await shop.postgres.exec(changes(1));
    former.child.kill('SIGSTOP');
    await shop.postgres.exec(changes(2));

    const next = await life.run('run', ...options, '--until-synced', life.file);
    expect({ code: next.code, err: next.code === 0 ? '' : next.err }).toEqual({ code: 0, err: '' });
    await using follower = life.start('run', life.file);
    await waitFor(() => follower.err.includes('following changes'), { timeoutMs: 30_000 });
    await shop.postgres.exec(changes(3));
    former.child.kill('SIGCONT');
    expect(await former.ended).toEqual({ code: 1, signal: null });
    expect(former.err).toContain('JOB_TAKEN_OVER');
    await shop.postgres.exec(changes(4));
    await follower.kill('SIGTERM');
    await life.sync();
    await life.verify();
    expect((await leftOnSource(shop, life)).includes(formerSlot as string)).toBe(options.length === 0);
    await life.end();
  },
);
