import { MillraceError } from '#errors';
import { JOB, JOB_ID } from '#stage';
import { FenceMissing, type Store } from '#store';
import { keepAttention } from './attention.js';
import { type JobRecord, JobState } from './job-record.js';
import { JobWorker, type WorkerDeps } from './job-worker.js';

export type { WorkerDeps, WorkerObserver } from './job-worker.js';

const LOOK_MS = 500;
/** After a worker that ended soon after it had begun. */
const PAUSE_MS = 5_000;
const AT_WORK: readonly JobRecord['phase'][] = ['loading', 'building', 'streaming', 'paused', 'completing'];
const SNAPSHOT_LOST = 'SNAPSHOT_LOST';

/**
 * Does its part of one job in a process that does not run it: of its present incarnation, for as long as there is
 * one, and then of the next. Who runs the job has its lease; here are only partitions, as the log gives them, and their
 * fences tell a former incarnation's owner that it is over. Resolves when the signal is raised; rejects with what waiting
 * does not help against.
 */
export async function runWorker(deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  let lost: string | undefined;
  while (!signal.aborted) {
    const record = await JobState.load(deps.store);
    const begun = deps.timers.now();
    const isBegun = record !== undefined && isReady(record, deps, lost);
    if (isBegun) lost = await workFor(record, deps, signal);
    const wasShort = isBegun && deps.timers.now() - begun < PAUSE_MS;
    await deps.timers.wait(wasShort ? PAUSE_MS : LOOK_MS, signal).catch(() => undefined);
  }
}

/**
 * Chunks of a snapshot can be read once whoever runs the job has taken it, and while it is there. `lost`: the incarnation whose
 * snapshot is not; the next one's may have the same id, as a server that starts again counts anew.
 */
export function isReady(
  record: Pick<JobRecord, 'phase' | 'plan' | 'attention' | 'loading' | 'snapshot' | 'incarnationId'>,
  { roles }: Pick<WorkerDeps, 'roles'>,
  lost: string | undefined,
): boolean {
  const { plan, loading, snapshot, incarnationId } = record;
  const isTaken = typeof snapshot === 'string' && incarnationId !== lost;
  const isSnapshotThere = plan.mode !== 'snapshot' || !loading || isTaken;
  return isAtWork(record) && (isSnapshotThere || !roles.includes('ingest'));
}

/** A snapshot that is loaded stays: its dead letters are replayed and edited, its documents repaired. */
function isAtWork({ phase, plan, attention }: Pick<JobRecord, 'phase' | 'plan' | 'attention'>): boolean {
  if (attention !== null) return false;
  return AT_WORK.includes(phase) || (phase === 'completed' && plan.mode === 'snapshot');
}

/** Resolves with its incarnation, if it ended because the snapshot was lost: that is in the job's record then. */
async function workFor(record: JobRecord, deps: WorkerDeps, signal: AbortSignal): Promise<string | undefined> {
  const worker = await JobWorker.make(record, deps);
  try {
    worker.start();
    for (let now: JobRecord | undefined = record; now && !signal.aborted; now = await present(record, deps.store)) {
      worker.hold(now.paused);
      await Promise.race([worker.failed, deps.timers.wait(LOOK_MS, signal).catch(() => undefined)]);
    }
  } catch (error) {
    if (isOver(error)) return undefined;
    if (error instanceof MillraceError && error.code === SNAPSHOT_LOST) return tellLost(error, record, deps);
    await tell(error, record, deps);
    throw error;
  } finally {
    await worker.stop();
  }
  return undefined;
}

/** Whoever runs the job sees it in the record, and loads anew; until then nothing can be read here. */
async function tellLost(
  { code, message, remedy }: MillraceError,
  { incarnationId, snapshot }: JobRecord,
  { store, onTrouble }: WorkerDeps,
): Promise<string> {
  onTrouble?.(message);
  const where = { incarnationId, snapshot };
  await store.write.patch(JOB, JOB_ID, { where, set: { snapshotLost: { code, message, remedy } } });
  return incarnationId;
}

/** What needs a person stops the whole job, wherever it shows: who runs it sees it in the record. */
async function tell(error: unknown, former: JobRecord, { store, timers }: WorkerDeps): Promise<void> {
  const record = await present(former, store);
  if (record === undefined) return;
  const state = new JobState(store, () => new Date(timers.now()), record, undefined);
  await keepAttention(state, error).catch(() => undefined);
}

async function present(
  { incarnationId }: Pick<JobRecord, 'incarnationId'>,
  store: Store,
): Promise<JobRecord | undefined> {
  const record = await JobState.load(store);
  return record?.incarnationId === incarnationId && isAtWork(record) ? record : undefined;
}

/** Its fences are gone, or its topics: what comes next is another incarnation's. */
function isOver(error: unknown): boolean {
  return error instanceof FenceMissing || (error instanceof MillraceError && error.code === 'LOG_TOPIC_MISSING');
}
