import { expect, test } from '@jest/globals';
import { startReplicaSet, testPostgres, waitFor } from '#testing';
import { startMillrace } from './kit/processes.js';
import { changes, envOf, isShop, jobText, SCHEMA } from './kit/shop.js';
import { cliContext } from './run-cli.js';

const SETTLED = { timeoutMs: 120_000, everyMs: 200 };
const MANY =
  'INSERT INTO order_lines SELECT o, l, 1 + l % 5, l FROM generate_series(1, 40) o, generate_series(10, 250) l;';

test('a job goes on by itself when the primary of its target dies and another takes its place, again and again', async () => {
  await using cli = await cliContext();
  await using postgres = await testPostgres();
  await using target = await startReplicaSet();
  await postgres.exec(SCHEMA + MANY);
  const job = `failover_${process.pid}`;
  const file = await cli.file('failover.yaml', jobText(job, job));
  const env = envOf(postgres, target);
  const settled = () => waitFor(() => isShop(postgres, target.client.db(job)), SETTLED);

  await using running = startMillrace(['run', file], env);
  await waitFor(() => running.err.includes('loading'), SETTLED);
  let dead = await target.killPrimary();
  await settled();
  await waitFor(() => running.err.includes('following changes'), SETTLED);
  for (let round = 1; round <= 6; round++) {
    await dead.restart();
    await postgres.exec(changes(round));
    const [next] = await Promise.all([target.killPrimary(), postgres.exec(changes(10 + round))]);
    dead = next;
    await postgres.exec(changes(20 + round));
    await settled();
  }
  expect(await running.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(await cli.run(['verify', file], env)).toMatchObject({ code: 0 });
  expect(await cli.run(['reset', '--yes', file], env)).toMatchObject({ code: 0 });
}, 300_000);
