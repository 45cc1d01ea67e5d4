import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { waitFor } from '#testing';
import { type JobLife, leftOnSource, type Workshop, workshop } from './kit/job-life.js';
import { changes, expectShop, isShop, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** One job, many commands: whoever runs it, only one does, and the others get what they ask for. */

let shop: Workshop;
let life: JobLife;
let round = 0;
const change = () => shop.postgres.exec(changes(++round));
const settled = () => waitFor(() => isShop(shop.postgres, life.db), { ...SLOWLY, everyMs: 100 });
const phase = async () => {
  const { json } = await life.run('status', life.file, '--json');
  return (json[0] as { phase: string }).phase;
};

beforeAll(async () => {
  shop = await workshop(SCHEMA);
  life = await shop.newJob();
  await life.sync();
});
afterAll(async () => {
  await life.end();
  await shop[Symbol.asyncDispose]();
});

describe('the lease', () => {
  test('is waited for by a second run, which then exits 4 and does nothing', async () => {
    await using first = life.start('run', life.file);
    await waitFor(() => first.err.includes('following changes'), SLOWLY);
    const second = await life.run('run', life.file);
    expect(second.err).toContain('JOB_RUNNING');
    expect(second.code).toBe(4);
    await change();
    await settled();
    expect(await first.kill('SIGINT')).toEqual({ code: 0, signal: null });
  });

  test('is taken over by a run that waits for it, once its holder was killed', async () => {
    await using first = life.start('run', life.file);
    await waitFor(() => first.err.includes('following changes'), SLOWLY);
    const second = life.run('run', '--until-synced', life.file);
    await first.kill('SIGKILL');
    await change();
    expect(await second).toMatchObject({ code: 0 });
    await life.sync();
  });
});

describe('commands beside a run', () => {
  test('are carried out by it: verify, pause and resume', async () => {
    await using running = life.start('run', life.file);
    await waitFor(() => running.err.includes('following changes'), SLOWLY);
    await life.verify();
    expect(await life.run('pause', life.file)).toMatchObject({ code: 0 });
    expect(await phase()).toBe('paused');
    const refused = await life.run('verify', life.file);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('JOB_PAUSED') });
    expect(await life.run('resume', life.file)).toMatchObject({ code: 0 });
    await change();
    await settled();
    expect(await running.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  test('that are asked while it starts are answered, too', async () => {
    await using running = life.start('run', life.file);
    await waitFor(
      async () => ((await life.run('status', life.file, '--json')).json[0] as { running: boolean }).running,
      SLOWLY,
    );
    await life.verify();
    expect(await running.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

describe('a pause', () => {
  test('outlives the run, and holds the next one until it is lifted', async () => {
    expect(await life.run('pause', life.file)).toMatchObject({ code: 0 });
    const refused = await life.run('run', '--until-synced', life.file);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('JOB_PAUSED') });
    await using running = life.start('run', life.file);
    await waitFor(
      async () => ((await life.run('status', life.file, '--json')).json[0] as { running: boolean }).running,
      SLOWLY,
    );
    await change();
    expect(await phase()).toBe('paused');
    expect(await life.run('resume', life.file)).toMatchObject({ code: 0 });
    await settled();
    expect(await running.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

describe('attention', () => {
  test('comes when the slot goes, stays, and is healed by --fresh with what was deleted meanwhile', async () => {
    await shop.postgres.exec("INSERT INTO customers VALUES (90, 'goes unseen')");
    await life.sync();
    await shop.postgres.query(
      'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE $1',
      [`millrace_${life.job}_%`],
    );
    await shop.postgres.exec('DELETE FROM customers WHERE id = 90');
    await change();
    for (let again = 0; again < 2; again++) {
      const { code, err } = await life.run('run', '--until-synced', life.file);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('--fresh') });
      expect(await phase()).toBe('attention');
    }
    expect(await life.run('run', '--until-synced', '--fresh', life.file)).toMatchObject({ code: 0 });
    await expectShop(shop.postgres, life.db);
    await life.verify();
    expect((await leftOnSource(shop, life)).map((name) => name.replace(/.*_/, ''))).toEqual(['2', '2']);
  });
});

describe('a changed mapping', () => {
  test('is refused with 4 until --fresh, which removes what it no longer makes', async () => {
    const other = await shop.newJob();
    await other.sync();
    const { readFile, writeFile } = await import('node:fs/promises');
    const text = await readFile(other.file, 'utf8');
    await writeFile(other.file, text.replace("!== 'draft'", "=== 'draft'"));
    const refused = await other.run('run', '--until-synced', other.file);
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('MAPPING_CHANGED') });
    expect(await other.run('run', '--until-synced', '--fresh', other.file)).toMatchObject({ code: 0 });
    expect(await other.db.collection('orders').distinct('status')).toEqual(['draft']);
    await other.verify();
    await other.end();
  });
});

describe('a snapshot job', () => {
  test('ends when it is loaded, has nothing to do again, and loads again where it was interrupted', async () => {
    const snapshot = await shop.newJob('mode: snapshot\n');
    await snapshot.crash('chunk rows#2', 'run', snapshot.file);
    await snapshot.crash('rows committed#4', 'run', snapshot.file);
    await snapshot.crash('touches committed', 'run', snapshot.file);
    expect(await snapshot.run('run', snapshot.file)).toMatchObject({ code: 0 });
    await expectShop(shop.postgres, snapshot.db);
    expect(await snapshot.run('run', snapshot.file)).toMatchObject({ code: 0 });
    expect(await leftOnSource(shop, snapshot)).toEqual([]);
    await snapshot.verify();
    await snapshot.end();
  });
});

describe('dead letters', () => {
  test('stop a job that says so, which goes on when it is run again', async () => {
    const strict = await shop.newJob('onError: stop\n');
    await shop.postgres.exec("INSERT INTO accounts VALUES (600, 'code 4', 1)");
    const { code, err } = await strict.run('run', '--until-synced', strict.file);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('STOPPED_BY_ERROR') });
    await shop.postgres.exec('DELETE FROM accounts WHERE id = 600');
    await strict.sync();
    await strict.verify();
    await strict.end();
  });
});

describe('the bound on retention', () => {
  test('costs the job its slot, and not the source its disk', async () => {
    const bounded = await shop.newJob();
    const { readFile, writeFile } = await import('node:fs/promises');
    const text = await readFile(bounded.file, 'utf8');
    await bounded.sync();
    expect(await bounded.run('pause', bounded.file)).toMatchObject({ code: 0 });
    await writeFile(bounded.file, text.replace('uri: "${PG}"', 'uri: "${PG}", maxRetainedBytes: 1MiB'));
    await shop.postgres.exec("CREATE TABLE filler AS SELECT repeat('f', 1000) AS t FROM generate_series(1, 4000)");
    const { code, err } = await bounded.run('run', bounded.file);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('RETENTION_BOUND') });
    expect(await leftOnSource(shop, bounded)).toEqual([]);
    expect(await bounded.run('run', bounded.file)).toMatchObject({ code: 1, err: expect.stringContaining('--fresh') });
    await bounded.end();
  });
});
