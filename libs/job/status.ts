import { qualifiedName } from '#model';
import type { CaptureNames } from '#sources';
import { IncarnationNames } from '#stage';
import type { Store } from '#store';
import type { JobStatus, Phase } from './commands.js';
import { JobState } from './job-record.js';
import { Lease } from './lease.js';
import { type LiveRecord, liveOf } from './live.js';
import type { JobTimers } from './patience.js';

interface StatusParts {
  job: string;
  store: Store;
  timers: JobTimers;
  /** Asks the source what it keeps for the job; null where it does not say. */
  retained(capture: CaptureNames | null): Promise<number | null>;
}

/** How far a job is, out of what it keeps of itself. */
export async function statusOf({ job, store, timers, retained }: StatusParts): Promise<JobStatus> {
  const record = await JobState.load(store);
  if (record === undefined) {
    return { job, phase: 'none', running: false, tables: [], lagSeconds: null, deadLetters: 0, retainedBytes: null };
  }
  const current = await liveOf(store.read, record);
  const running = await new Lease(store, timers).isHeld();
  const tables =
    current?.tables ?? record.plan.tables.map((table) => ({ table: qualifiedName(table), rows: 0, total: 0 }));
  return {
    job,
    phase: record.phase,
    running,
    tables,
    lagSeconds: current?.lagSeconds ?? null,
    deadLetters: await store.estimatedCount(new IncarnationNames(record).letters),
    retainedBytes: (running ? current?.retainedBytes : undefined) ?? (await retained(record.capture)),
    ...(current === undefined ? {} : workOf(record.phase, current, running)),
    ...(record.attention === null ? {} : { attention: record.attention }),
    ...(running && current?.trouble ? { trouble: current.trouble } : {}),
  };
}

/** What the phase is about. */
function workOf(
  phase: Phase,
  { built, changesPerSecond }: LiveRecord,
  running: boolean,
): Pick<JobStatus, 'built' | 'changesPerSecond'> {
  if (phase === 'building' && built !== undefined) return { built };
  if (phase === 'streaming' && running && changesPerSecond !== undefined) return { changesPerSecond };
  return {};
}
