import type { Store } from '#store';
import { JobState } from './job-record.js';
import { Lease } from './lease.js';
import type { JobTimers } from './patience.js';
import { ask, isUnanswered } from './requests.js';

const LOOK_MS = 500;

/**
 * Asks whoever runs the job, as soon as there is somebody, to say when it has caught up; where that process ends before,
 * the next one is asked.
 */
export async function synced(store: Store, timers: JobTimers, signal: AbortSignal): Promise<void> {
  const lease = new Lease(store, timers);
  for (;;) {
    const record = await JobState.load(store);
    if (record?.plan.mode === 'snapshot' && record.phase === 'completed') return;
    const holder = record && (await lease.livingHolder());
    try {
      if (holder !== undefined) return void (await ask({ kind: 'sync' }, { store, timers, holder }, signal));
    } catch (error) {
      if (!isUnanswered(error)) throw error;
    }
    await timers.wait(LOOK_MS, signal);
  }
}
