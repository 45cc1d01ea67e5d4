import { expect, jest, test } from '@jest/globals';
import { type AskedRun, openJob, type RunOutcome } from '#job';
import { waitFor } from '#testing';
import { presentNames } from './kit/incarnation.js';
import { type OracleJob, oracleJob } from '../oracle/index.js';

jest.setTimeout(240_000);

/** A job of a list: what is asked of it there is begun once, by one process, and not after it has ended. */

const SIGNAL = new AbortController().signal;
const FROM_THE_LIST = { untilSynced: false, fresh: false, dropTarget: false, force: [] };
const ASKED: AskedRun['options'] = { fresh: false, dropTarget: false, force: [] };

const things = (more = ''): Promise<OracleJob> =>
  oracleJob({
    schema:
      'CREATE TABLE things (id int PRIMARY KEY, at timestamptz); INSERT INTO things SELECT generate_series(1, 50);',
    collections: 'things: { table: public.things }',
    more,
  });

/** As an elected service runs it, until it is told to stop. */
function process(job: OracleJob, takeAsked: () => AskedRun | undefined) {
  const stop = new AbortController();
  const phases: string[] = [];
  const commands = openJob({
    ...job.deps,
    onEvent: (event) => {
      if (event.kind === 'phase') phases.push(event.phase);
    },
    takeAsked: async () => takeAsked(),
  });
  const ended: Promise<RunOutcome> = commands.run(FROM_THE_LIST, stop.signal).finally(() => commands.close());
  ended.catch(() => undefined);
  return {
    phases,
    ended,
    streams: () => Promise.race([ended, waitFor(() => phases.includes('streaming'), { timeoutMs: 60_000 })]),
    async stop() {
      stop.abort(new Error('stop'));
      return ended;
    },
  };
}

test('a load anew is begun once for each asking, whoever takes the job up', async () => {
  await using job = await things();
  const ids: string[] = [];
  for (const number of [1, 1, 2, 2, 3]) {
    const run = process(job, () => ({ number, options: { ...ASKED, fresh: number !== 3 } }));
    await run.streams();
    await run.stop();
    ids.push((await presentNames(job.mongo, job.mongo.job)).incarnationId);
  }
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
  expect(ids.slice(3)).toEqual([ids[2], ids[2]]);
});

test('what is not asked any more when the lease is had is not run', async () => {
  await using job = await things();
  let looked = 0;
  const run = process(job, () => (looked++ === 0 ? { number: 1, options: ASKED } : undefined));
  expect(await run.ended).toEqual({ kind: 'stopped', synced: false });
  expect(run.phases).toEqual([]);
  expect(await job.commands.status()).toMatchObject({ phase: 'none' });
});

test('what blocks a job that is not asked for any more, as it was completed meanwhile, is told to nobody', async () => {
  await using job = await things();
  await job.mongo.db.collection<{ _id: string }>('things').insertOne({ _id: 'of the completed job' });
  let looked = 0;
  const asked = { number: 1, options: ASKED };
  const over = process(job, () => (looked++ === 0 ? asked : undefined));
  expect(await over.ended).toEqual({ kind: 'stopped', synced: false });
  await expect(process(job, () => asked).ended).rejects.toMatchObject({ code: 'JOB_BLOCKED' });
});

test('a job that a command completes is ended in the list before whoever waits for its lease can begin it anew', async () => {
  await using job = await things();
  await job.load();
  await job.stop();
  let completed = false;
  const order: string[] = [];
  const completing = openJob({
    ...job.deps,
    onCompleted: async () => {
      order.push((await job.commands.status()).phase);
      completed = true;
    },
  });
  const waiting = waitFor(async () => (await job.commands.status()).running, { timeoutMs: 60_000 }).then(
    () => process(job, () => (completed ? undefined : { number: 1, options: ASKED })).ended,
  );
  expect(await completing.complete(SIGNAL)).toMatchObject({ different: 0 });
  await completing.close();
  expect(await waiting).toEqual({ kind: 'stopped', synced: false });
  expect(order).toEqual(['completed']);
  expect(await job.commands.status()).toMatchObject({ phase: 'none' });
});

test('a job that its dead letters have stopped goes on when a person asks again, not by another process', async () => {
  await using job = await things('stopAfterErrors: 1');
  const asked = (number: number) => process(job, () => ({ number, options: ASKED }));
  const first = asked(1);
  await first.streams();
  await job.pg.exec("UPDATE things SET at = 'infinity' WHERE id = 1");
  await expect(first.ended).rejects.toMatchObject({ code: 'STOPPED_BY_ERROR' });
  await expect(asked(1).ended).rejects.toMatchObject({ code: 'STOPPED_BY_ERROR' });
  expect(await job.commands.status()).toMatchObject({ phase: 'attention' });
  const again = asked(2);
  await again.streams();
  await again.stop();
});

test('a job that was reset is another one: nothing of it has a name that the former one had', async () => {
  await using job = await things();
  await job.load();
  await job.stop();
  const former = await presentNames(job.mongo, job.mongo.job);
  await job.commands.reset();
  await job.mongo.db.dropDatabase();
  await job.load();
  const present = await presentNames(job.mongo, job.mongo.job);
  expect(present.incarnation).toBe(former.incarnation);
  expect(present.fences.name).not.toBe(former.fences.name);
});
