import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MillraceError } from '#errors';
import { JOB_ERRORS, type JobCommands, openJob } from '#job';
import { JOB, JOB_ID, LEASE_ID } from '#stage';
import { waitFor } from '#testing';
import { type OracleJob, oracleJob } from '../oracle/index.js';
import { tracedDeps } from './kit/traced-ports.js';

jest.setTimeout(240_000);

/** A process that sleeps until another one holds its job wakes in the midst of what cannot be undone, and goes no further. */

const SIGNAL = new AbortController().signal;
const TAKEN_OVER = { code: 'JOB_TAKEN_OVER' };

let job: OracleJob;
beforeAll(async () => {
  job = await oracleJob({
    schema: `CREATE TABLE things (id int PRIMARY KEY); CREATE TABLE others (id int PRIMARY KEY);
      INSERT INTO things SELECT generate_series(1, 5); INSERT INTO others SELECT generate_series(1, 5)`,
    collections: 'things: { table: public.things }\nothers: { table: public.others }',
  });
});
beforeEach(async () => {
  await job.load();
  await job.stop();
});
afterEach(async () => {
  await hold(null);
  await job.commands.reset();
  await job.mongo.db.dropDatabase();
});
afterAll(async () => {
  await job[Symbol.asyncDispose]();
});

const records = ({ mongo } = job) => mongo.client.db(`millrace_${mongo.job}`).collection<{ _id: string }>(JOB.name);
const hold = (holder: string | null, of = job) => records(of).updateOne({ _id: LEASE_ID }, { $set: { holder } });

interface Sleeper {
  commands: JobCommands;
  /** That it has come to. */
  steps: string[];
  completed: boolean;
}

/** The same job in a process that sleeps at this step, for as long as it takes another one to become its holder. */
function sleeperAt(step: string, meanwhile = async (): Promise<void> => undefined, of = job): Sleeper {
  let isAwake = false;
  const at = async (name: string): Promise<void> => {
    sleeper.steps.push(name);
    if (isAwake || name !== step) return;
    isAwake = true;
    await hold('another one', of);
    await meanwhile();
  };
  const onCompleted = async (): Promise<void> => {
    sleeper.completed = true;
    await at('completed');
  };
  const sleeper = {
    commands: openJob({ ...tracedDeps(of.deps, at), onCompleted }),
    steps: [] as string[],
    completed: false,
  };
  return sleeper;
}

async function left({ steps }: Sleeper): Promise<string[]> {
  const slots = await job.pg.query('SELECT FROM pg_replication_slots WHERE database = current_database()');
  const fences = await job.mongo.client
    .db(`millrace_${job.mongo.job}`)
    .listCollections({ name: /^fences_/ })
    .toArray();
  return [
    ...(slots.length > 0 ? ['slot'] : []),
    ...(steps.includes('topics remove after') ? [] : ['topics']),
    ...(fences.length > 0 ? ['fences'] : []),
    ...((await records().countDocuments({ _id: JOB_ID })) > 0 ? ['state'] : []),
  ];
}

describe.each([
  ['reset', (commands: JobCommands) => commands.reset()],
  ['complete', (commands: JobCommands) => commands.complete(SIGNAL)],
] as const)('%s', (_, remove) => {
  test.each([
    ['drop capture before', ['slot', 'topics', 'fences', 'state']],
    ['drop capture after', ['topics', 'fences', 'state']],
    ['fences drop after', ['topics', 'state']],
    ['topics remove after', ['state']],
  ])('takes nothing more away from whoever holds the job since: %s', async (step, expected) => {
    const sleeper = sleeperAt(step);
    await expect(remove(sleeper.commands)).rejects.toMatchObject(TAKEN_OVER);
    await sleeper.commands.close();
    expect(await left(sleeper)).toEqual(expected);
    expect(sleeper.steps).not.toContain('state drop before');
  });
});

test('who slept as it said of a job that it is completed takes nothing more away', async () => {
  const sleeper = sleeperAt('completed');
  await expect(sleeper.commands.complete(SIGNAL)).rejects.toMatchObject(TAKEN_OVER);
  await sleeper.commands.close();
  expect(await left(sleeper)).toEqual(['state']);
});

test('who slept as it removed the topics does not say of the job that it is completed', async () => {
  const sleeper = sleeperAt('topics remove after');
  await expect(sleeper.commands.complete(SIGNAL)).rejects.toMatchObject(TAKEN_OVER);
  await sleeper.commands.close();
  expect(sleeper.completed).toBe(false);
});

test('who slept once it had the lease does not say of a completed job that it has ended', async () => {
  await records().updateOne({ _id: JOB_ID }, { $set: { phase: 'completed' } });
  const sleeper = sleeperAt('job patch holder after');
  await expect(sleeper.commands.complete(SIGNAL)).rejects.toMatchObject(TAKEN_OVER);
  await sleeper.commands.close();
  expect(await left(sleeper)).toEqual(['slot', 'topics', 'fences', 'state']);
  expect(sleeper.completed).toBe(false);
});

test.each([
  [
    'run',
    (commands: JobCommands) => commands.run({ untilSynced: true, fresh: false, dropTarget: false, force: [] }, SIGNAL),
  ],
  ['verify', (commands: JobCommands) => commands.verify({ repair: false }, SIGNAL)],
] as const)(
  '%s: who slept once it had the lease does not say what became of a job that another process has since',
  async (_, work) => {
    const attention = { code: 'LOG_DAMAGED', message: 'of another one', remedy: '' };
    const sleeper = sleeperAt('job patch holder after', async () => {
      await records().updateOne({ _id: JOB_ID }, { $set: { phase: 'attention', attention } });
    });
    await expect(work(sleeper.commands)).rejects.toMatchObject(TAKEN_OVER);
    await sleeper.commands.close();
  },
);

test('who slept once it had the lease does not say of a snapshot that it is loaded', async () => {
  await using snapshot = await oracleJob({
    schema: 'CREATE TABLE things (id int PRIMARY KEY)',
    collections: 'things: { table: public.things }',
    more: 'mode: snapshot',
  });
  await snapshot.load();
  const sleeper = sleeperAt('job patch holder after', undefined, snapshot);
  const run = sleeper.commands.run({ untilSynced: true, fresh: false, dropTarget: false, force: [] }, SIGNAL);
  await expect(run).rejects.toMatchObject(TAKEN_OVER);
  await sleeper.commands.close();
});

test('who slept before its first load does not call documents of another process strange', async () => {
  await job.commands.reset();
  await job.mongo.db.dropDatabase();
  const built = () => job.mongo.db.collection<{ _id: string }>('others').insertOne({ _id: 'built since' });
  const sleeper = sleeperAt('job patch  after', async () => void (await built()));
  const first = sleeper.commands.run({ untilSynced: true, fresh: false, dropTarget: false, force: [] }, SIGNAL);
  await expect(first).rejects.toMatchObject(TAKEN_OVER);
  await sleeper.commands.close();
});

test('who slept in its work says nothing of what it met there: that is what the job’s holder has made since', async () => {
  await job.commands.reset();
  await job.mongo.db.dropDatabase();
  const sleeper = sleeperAt('begin capture before', () => Promise.reject(new Error('the slot exists')));
  const first = sleeper.commands.run({ untilSynced: true, fresh: false, dropTarget: false, force: [] }, SIGNAL);
  await expect(first).rejects.toMatchObject(TAKEN_OVER);
  await sleeper.commands.close();
});

test('who slept at what it was asked for does not answer with what it met: whoever asked asks the next holder', async () => {
  const taken = { holder: 'another one', host: 'elsewhere' };
  const sleeper = sleeperAt('marker write before', async () => {
    await records().updateOne({ _id: LEASE_ID }, { $set: taken });
    throw new MillraceError(JOB_ERRORS.RETENTION_BOUND, 'of another one');
  });
  const run = sleeper.commands.run({ untilSynced: false, fresh: false, dropTarget: false, force: [] }, SIGNAL);
  run.catch(() => undefined);
  await waitFor(async () => (await job.commands.status()).running, { timeoutMs: 60_000 });
  expect(await job.commands.verify({ repair: false }, SIGNAL)).toMatchObject({ equal: 10, different: 0 });
  await expect(run).rejects.toMatchObject(TAKEN_OVER);
  await sleeper.commands.close();
  expect(sleeper.steps).not.toContain('request failed before');
});

describe('a load anew', () => {
  const fresh = { untilSynced: true, fresh: true, dropTarget: true, force: [] };

  test.each(['job patch renewing after', 'target drop after'])(
    'with --drop-target drops nothing that another process has built since: %s',
    async (step) => {
      const built = () => job.mongo.db.collection<{ _id: string }>('others').insertOne({ _id: 'built since' });
      const sleeper = sleeperAt(step, async () => void (await built()));
      await expect(sleeper.commands.run(fresh, SIGNAL)).rejects.toMatchObject(TAKEN_OVER);
      await sleeper.commands.close();
      expect(await job.documents('others')).toContainEqual(expect.stringContaining('built since'));
    },
  );

  test('drops no slot that another process has made since', async () => {
    const sleeper = sleeperAt('drop capture before');
    await expect(sleeper.commands.run({ ...fresh, dropTarget: false }, SIGNAL)).rejects.toMatchObject(TAKEN_OVER);
    await sleeper.commands.close();
    expect(await left(sleeper)).toContain('slot');
  });
});
