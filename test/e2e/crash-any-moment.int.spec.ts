import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Workshop, workshop } from './kit/job-life.js';
import { changes, SCHEMA } from './kit/shop.js';

jest.setTimeout(240_000);

/** Kill -9 while the source goes on changing, at moments that nobody chose: after so many rounds of changes. */

const MOMENTS = [1, 4, 2, 9, 3, 14];

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop(SCHEMA);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

test('a job that is killed again and again under traffic ends with what SQL says, and verify finds nothing', async () => {
  const life = await shop.newJob();
  let round = 0;
  for (const rounds of MOMENTS) {
    await using running = life.start('run', life.file);
    let alive = true;
    void running.ended.then(() => {
      alive = false;
    });
    await new Promise((resolve) => running.child.stderr?.once('data', resolve));
    for (let n = 0; n < rounds; n++) await shop.postgres.exec(changes(++round));
    expect(alive).toBe(true);
    await running.kill('SIGKILL');
  }
  await life.sync();
  await life.verify();
  await life.end();
}, 300_000);

test.each(['loading', 'building', 'streaming'])(
  'SIGINT while it is %s ends a run with 0, one until synced with 1, and the next run goes on',
  async (phase) => {
    const life = await shop.newJob();
    await using running = life.start('run', '--json', life.file);
    const reached = new Promise<void>((resolve) => {
      running.child.stdout?.on('data', () => {
        if (running.out.includes(`"phase":"${phase}"`)) resolve();
      });
    });
    await reached;
    const asked = performance.now();
    expect(await running.kill('SIGINT')).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(10_000);
    if (phase !== 'streaming') {
      await using synced = life.start('run', '--until-synced', '--json', life.file);
      await new Promise((resolve) => synced.child.stdout?.once('data', resolve));
      expect([0, 1]).toContain((await synced.kill('SIGTERM')).code);
    }
    await life.sync();
    await life.verify();
    await life.end();
  },
);
