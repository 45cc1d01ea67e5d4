import type { Plan } from '#model';
import type { Source } from '#sources';
import { JOB, LEASE_ID } from '#stage';
import type { Store } from '#store';
import { type JobRecord, type JobState, underLease } from '../job-record.js';
import type { HeldLease } from '../lease.js';
import { newIncarnation } from '../start-incarnation.js';
import { DEFAULT_TUNING } from '../tuning.js';

const NOTHING_THERE = { dropCapture: async () => undefined } as unknown as Source;

type Parts = Parameters<typeof newIncarnation>[0];

/** Of whoever has the job's lease, or had it. */
export const leaseOf = (store: Store, holder: string): HeldLease => ({
  confirm: () => underLease(store, holder, async () => undefined),
  keptFor: (work) => work(),
});

/** Begins a load in the place of the former one, as who has just taken the job's lease; the source has nothing of either. */
export async function beginLoad(
  store: Store,
  plan: Plan,
  former?: JobRecord,
  { holder = 'this one', ...parts }: { holder?: string } & Partial<Pick<Parts, 'removeTopics'>> = {},
): Promise<JobState> {
  await store.write.put(JOB, [{ _id: LEASE_ID, holder, beat: 1 }]);
  return newIncarnation(
    {
      store,
      plan,
      source: NOTHING_THERE,
      tuning: DEFAULT_TUNING,
      now: () => new Date(0),
      identity: { system: 's', history: 'h', version: '1' },
      knownColumns: {},
      asked: null,
      lease: { holder, confirm: leaseOf(store, holder).confirm },
      removeTopics: async () => undefined,
      ...parts,
    },
    former,
  );
}
