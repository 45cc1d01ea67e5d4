import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { openJob, type RunOutcome } from '#job';
import { JOB, LEASE_ID } from '#stage';
import { waitFor } from '#testing';
import { type OracleJob, oracleJob } from '../oracle/index.js';
import { tracedDeps } from './kit/traced-ports.js';

jest.setTimeout(240_000);

/** A run that completes its job for another process says so first, and removes the job then: what happens in between is no end of that. */

const NEVER = new AbortController().signal;
const RUN = { untilSynced: false, fresh: false, dropTarget: false, force: [] };

let job: OracleJob;
beforeEach(async () => {
  job = await oracleJob({
    schema: 'CREATE TABLE things (id int PRIMARY KEY); INSERT INTO things SELECT generate_series(1, 5)',
    collections: 'things: { table: public.things }',
  });
  await job.load();
  await job.stop();
});
afterEach(async () => {
  await job[Symbol.asyncDispose]();
});

/** A run to which this happens once it has handed an answer over. */
async function runThat(onAnswer: (stop: () => void) => Promise<void>): Promise<{ ended: Promise<RunOutcome> }> {
  const stop = new AbortController();
  const at = async (step: string): Promise<void> => {
    if (step === 'request done after') await onAnswer(() => stop.abort());
  };
  const commands = openJob(tracedDeps(job.deps, at));
  const ended = commands.run(RUN, stop.signal).finally(() => commands.close());
  ended.catch(() => undefined);
  await waitFor(async () => (await job.commands.status()).running, { timeoutMs: 60_000 });
  return { ended };
}

const isThere = async () => (await job.commands.status()).phase !== 'none';

test('a run that is to stop once it has said that its job is completed removes it first', async () => {
  const { ended } = await runThat(async (stop) => stop());
  expect(await job.commands.complete(NEVER)).toMatchObject({ equal: 5, different: 0 });
  expect(await isThere()).toBe(false);
  expect(await ended).toEqual({ kind: 'completed' });
});

test('whoever asked for the completing does it where the run ends before the job is removed', async () => {
  const leases = job.mongo.client.db(`millrace_${job.mongo.job}`).collection<{ _id: string }>(JOB.name);
  const isTaken = () => leases.updateOne({ _id: LEASE_ID }, { $set: { holder: 'another one', host: 'elsewhere' } });
  const { ended } = await runThat(async () => void (await isTaken()));
  expect(await job.commands.complete(NEVER)).toMatchObject({ equal: 5, different: 0 });
  expect(await isThere()).toBe(false);
  await expect(ended).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
});

test('a command that holds the job alone removes it before it ends, where another one was told that it is completed', async () => {
  const steps: string[] = [];
  let completing: Promise<unknown> | undefined;
  const at = async (step: string): Promise<void> => {
    steps.push(step);
    if (step === 'marker write before') completing ??= job.commands.complete(NEVER);
    // Longer than it takes to see that all is answered.
    if (step === 'drop capture before') await sleep(1_000);
  };
  const commands = openJob(tracedDeps(job.deps, at));
  await commands.verify({ repair: false }, NEVER);
  await commands.close();
  expect(steps).toContain('state drop after');
  expect(await completing).toMatchObject({ equal: 5, different: 0 });
  expect(await isThere()).toBe(false);
});
