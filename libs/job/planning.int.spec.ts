import { expect, test } from '@jest/globals';
import { LoadActor, type LoadActorParts } from '#ingest';
import { IncarnationNames, JOB, LEASE_ID } from '#stage';
import type { Store } from '#store';
import { type JobRecord, JobState } from './job-record.js';
import { stateStore } from './testing/state-store.js';

const NAMES = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
const NEVER = new AbortController().signal;

/** Plans one table into chunks of these bounds; `between` may do anything between two of them. */
async function plan(
  store: Store,
  holder: string,
  bounds: string[],
  between: (n: number) => Promise<void>,
): Promise<void> {
  const state = new JobState(store, () => new Date(), {} as JobRecord, holder);
  const load = new LoadActor({
    store,
    asHolder: state.asHolder.bind(state),
    names: NAMES,
    plan: { tables: [{ index: 0 }] },
    log: { append: async () => undefined },
    topic: 'load-tasks',
    partitions: 1,
    source: {
      chunks: async function* () {
        for (const [n, upTo] of bounds.entries()) {
          await between(n);
          yield { upTo };
        }
      },
    },
    patiently: (work: () => Promise<unknown>) => work(),
    onRows: () => undefined,
    onTableDone: () => undefined,
  } as unknown as LoadActorParts);
  await load.load(new Set(), async () => undefined, NEVER);
}

async function planned(store: Store): Promise<unknown[]> {
  const records = await store.read.range(NAMES.chunks, {}, { limit: 10 });
  return records.map(({ chunk }) => (chunk as { upTo: string }).upTo);
}

test.each([
  ['in the midst of a planning', 1],
  ['before the first chunk', 0],
])('who slept %s puts none of its chunks in the place of those that the present holder has planned', async (_, at) => {
  await using kept = await stateStore();
  const { store } = kept;
  await store.write.insert(JOB, [{ _id: LEASE_ID, holder: 'a former one', beat: 1 }]);
  const sleep = async (n: number) => {
    if (n !== at) return;
    await store.write.patch(JOB, LEASE_ID, { set: { holder: 'this one' } });
    await plan(store, 'this one', ['10', '20', '30'], async () => undefined);
  };
  const former = plan(store, 'a former one', ['15', '25', '30'], sleep);
  await expect(former).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  expect(await planned(store)).toEqual(['10', '20', '30']);
  await expect(plan(store, 'a former one', [], async () => undefined)).rejects.toMatchObject({
    code: 'JOB_TAKEN_OVER',
  });
  expect(await planned(store)).toEqual(['10', '20', '30']);
});
