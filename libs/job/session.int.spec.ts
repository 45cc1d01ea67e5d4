import { expect, test } from '@jest/globals';
import { REAL_JOB_TIMERS } from '#compose';
import type { CaptureNames, Source } from '#sources';
import { createPostgresSource } from '#sources/postgres';
import { JOB, LEASE_ID } from '#stage';
import { type TestPostgres, testPostgres } from '#testing';
import { CaptureReader } from '../sources/testing/capture-reader.js';
import { planOfTables } from '../sources/testing/plan-of-tables.js';
import type { PlannedSource } from './connection.js';
import type { JobDeps } from './job-deps.js';
import { Session } from './session.js';
import { captureNames } from './start-incarnation.js';
import { beginLoad, leaseOf } from './testing/begin-load.js';
import { stateStore } from './testing/state-store.js';

const NEVER = new AbortController().signal;
const TAKEN_OVER = { code: 'JOB_TAKEN_OVER' };

/** A load whose record is there, and no more of it. `start`: as its holder goes on, on this source. */
async function begunLoad() {
  const [kept, postgres] = await Promise.all([stateStore(), testPostgres()]);
  const { store } = kept;
  await postgres.exec('CREATE TABLE things (id int PRIMARY KEY)');
  const source = createPostgresSource(postgres.uri);
  const plan = planOfTables(await source.catalogue(), postgres.database, ['public.things']);
  const state = await beginLoad(store, plan, undefined, { holder: 'a former one' });
  const deps = { timers: REAL_JOB_TIMERS, onEvent: () => undefined } as unknown as JobDeps;
  return {
    store,
    postgres,
    source,
    plan,
    record: state.record,
    capture: captureNames(plan.job, state.record.incarnation),
    start: (on: Source) =>
      new Session(deps, state, store, { source: on } as PlannedSource, leaseOf(store, 'a former one')).start(NEVER),
    async [Symbol.asyncDispose]() {
      await source.close();
      await Promise.all([kept[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
    },
  };
}

async function leftOf({ slot, publication }: CaptureNames, postgres: TestPostgres): Promise<unknown[]> {
  return postgres.query(
    `SELECT slot_name::text FROM pg_replication_slots WHERE slot_name = $1
     UNION ALL SELECT pubname::text FROM pg_publication WHERE pubname = $2`,
    [slot, publication],
  );
}

test('who slept before it had begun the capture leaves the one that the present holder of the load has begun', async () => {
  await using load = await begunLoad();
  const { source, plan, capture, postgres } = load;
  await load.store.write.patch(JOB, LEASE_ID, { set: { holder: 'this one' } });
  await source.beginCapture(plan, capture, NEVER);
  await postgres.exec('INSERT INTO things VALUES (7)');
  await expect(load.start(source)).rejects.toMatchObject(TAKEN_OVER);
  await source.writeMarker(plan.job, 'm');
  await using reader = new CaptureReader(source.capture(plan, capture, 1));
  expect(await reader.untilMarker('m')).toContainEqual(expect.objectContaining({ op: 'upsert', key: 'NA7' }));
});

test('who slept as it began the capture takes it away where the job is loaded anew by now', async () => {
  await using load = await begunLoad();
  const { source, plan, capture, postgres, store, record } = load;
  const slept = Object.assign(Object.create(source) as Source, {
    beginCapture: async (...args: Parameters<Source['beginCapture']>) => {
      const begun = await source.beginCapture(...args);
      expect(await leftOf(capture, postgres)).toHaveLength(2);
      await beginLoad(store, plan, record);
      return begun;
    },
  });
  await expect(load.start(slept)).rejects.toMatchObject(TAKEN_OVER);
  expect(await leftOf(capture, postgres)).toEqual([]);
});
