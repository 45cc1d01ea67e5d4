import { expect, jest, test } from '@jest/globals';
import { readSettings } from '#config';
import { type JobEvent, openJob } from '#job';
import type { Log, LogRecord } from '#log';
import { readJobFile } from '#mapping';
import { testMongo, testPostgres, waitFor } from '#testing';
import { composeJob } from '#compose';
import { tracedDeps } from './kit/traced-ports.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** A target that does not take anything in makes the reading wait: nothing piles up in memory. */

const KIB = 1024;
const BOUND = 256 * KIB;
const ROWS = 3_000;
const ROW = "repeat('x', 1000) || ";

/** Bytes of rows that were appended and are not yet in the target. */
class Pending {
  now = 0;
  most = 0;

  watch(log: Log): Log {
    return {
      create: (topics) => log.create(topics),
      consume: (...args) => log.consume(...args),
      completed: (...args) => log.completed(...args),
      waiting: (...args) => log.waiting(...args),
      remove: (...args) => log.remove(...args),
      close: () => log.close(),
      append: async <R extends LogRecord>(topic: string, partition: number, records: readonly R[]) => {
        const bytes = topic.endsWith('.rows') ? records.reduce((sum, record) => sum + record.bytes, 0) : 0;
        this.now += bytes;
        this.most = Math.max(this.most, this.now);
        await log.append(topic, partition, records);
        this.now -= bytes;
      },
    };
  }
}

test('a target that stands still holds load and capture back, within their bounds, until it goes on', async () => {
  await using postgres = await testPostgres();
  await using mongo = await testMongo();
  await postgres.exec(`CREATE TABLE things (id int PRIMARY KEY, t text); ALTER TABLE things ALTER t SET STORAGE EXTERNAL;
    INSERT INTO things SELECT i, ${ROW} i FROM generate_series(1, ${ROWS}) i`);
  const text = `job: ${mongo.job}
source: { kind: postgres, uri: "${postgres.uri}" }
target: { uri: "${mongo.uri}", database: ${mongo.database} }
collections: { things: { table: public.things } }
`;
  const read = readJobFile(text, { fileName: 'job.yaml', env: {}, readSecretFile: () => '' });
  if (read.problems) throw new Error('the job file of this test is wrong');
  const { jobFile, positions } = read;
  const pending = new Pending();
  const phases: string[] = [];
  let standing: Promise<void> = Promise.resolve();
  let goOn = (): void => {};
  const stand = (): void => {
    standing = new Promise((resolve) => {
      goOn = resolve;
    });
  };
  const onEvent = (event: JobEvent): void => {
    if (event.kind === 'phase') phases.push(event.phase);
  };
  const settings = readSettings({ MILLRACE_CHUNK_ROWS: '200' });
  const deps = tracedDeps(composeJob({ fileName: 'job.yaml', jobFile, positions }, settings, onEvent), (step) =>
    step === 'rows committing' ? standing : undefined,
  );
  const { makeLog } = deps;
  const tuning = { ...deps.tuning, loadInFlightBytes: BOUND, captureInFlightBytes: BOUND };
  const job = openJob({ ...deps, tuning, makeLog: () => pending.watch(makeLog()) });
  const ending = new AbortController();

  const full = async (): Promise<void> => {
    let before = -1;
    await waitFor(
      () => {
        const still = pending.now === before && before > 0;
        before = pending.now;
        return still;
      },
      { ...SLOWLY, everyMs: 250 },
    );
  };
  const count = () => mongo.db.collection('things').countDocuments();

  stand();
  const running = job.run({ untilSynced: false, fresh: false, dropTarget: false, force: [] }, ending.signal);
  await full();
  expect(pending.now).toBeGreaterThan(BOUND / 2);
  goOn();
  await waitFor(async () => (await count()) === ROWS && phases.includes('streaming'), SLOWLY);
  expect(pending.most).toBeLessThanOrEqual(BOUND);
  stand();
  await postgres.exec(`INSERT INTO things SELECT i, ${ROW} i FROM generate_series(${ROWS + 1}, ${2 * ROWS}) i`);
  await full();
  expect(await count()).toBe(ROWS);
  goOn();
  await waitFor(async () => (await count()) === 2 * ROWS, SLOWLY);
  await waitFor(() => pending.now === 0, SLOWLY); // Documents are seen before their writing is acknowledged.
  ending.abort();
  expect(await running).toEqual({ kind: 'stopped', synced: expect.any(Boolean) });
  await job.reset();
  await job.close();
});
