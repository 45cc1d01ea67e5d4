import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openJob } from '#job';
import { tracedDeps } from '../e2e/kit/traced-ports.js';
import { type OracleJob, oracleJob } from '../oracle/index.js';

jest.setTimeout(120_000);

/** So long the stream is behind the source. */
const BEHIND_MS = 1_500;

let job: OracleJob;
beforeAll(async () => {
  job = await oracleJob({
    schema:
      'CREATE TABLE things (id int PRIMARY KEY, n int); INSERT INTO things SELECT i, 1 FROM generate_series(1, 5) i',
    collections: 'things: { table: public.things }',
  });
});
afterAll(async () => {
  await job[Symbol.asyncDispose]();
});

test('building begins when what was committed before the end of the load is staged, however far behind the stream is', async () => {
  const steps: string[] = [];
  const at = async (step: string): Promise<void> => {
    if (step === 'chunk read' && !steps.includes(step)) await job.pg.exec('UPDATE things SET n = 2');
    if (step === 'captured upsert' && !steps.includes(step))
      await new Promise((resolve) => setTimeout(resolve, BEHIND_MS));
    steps.push(step);
  };
  const commands = openJob(tracedDeps(job.deps, at));
  await commands.run({ untilSynced: true, fresh: false, dropTarget: false, force: [] }, new AbortController().signal);
  await commands.close();
  const [change, barrier] = [steps.indexOf('append rows changes before'), steps.indexOf('append rows barrier before')];
  expect(change).toBeGreaterThan(-1);
  expect(barrier).toBeGreaterThan(change);
});
