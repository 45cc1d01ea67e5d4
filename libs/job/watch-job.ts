import { qualifiedName } from '#model';
import { countDone, IncarnationNames, recordsOf } from '#stage';
import type { Store } from '#store';
import type { BuildRecord } from '#transform';
import type { JobEvent } from './commands.js';
import { type JobRecord, JobState } from './job-record.js';
import { type LiveRecord, liveOf } from './live.js';
import type { JobTimers } from './patience.js';

const LOOK_MS = 1_000;

interface Looked {
  phase: string;
  live: LiveRecord | undefined;
  trouble: string | null;
}

/**
 * How a job gets on that another process runs, out of what that one keeps of it: looked at every second, until the signal.
 * Tells the phase at once, then what has changed.
 */
export async function* watchJob(
  store: Pick<Store, 'read' | 'estimatedCount'>,
  timers: Pick<JobTimers, 'wait'>,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  let before: Looked = { phase: '', live: undefined, trouble: null };
  while (!signal.aborted) {
    const record = await JobState.load(store as Store);
    const live = record && (await liveOf(store.read, record));
    const phase = record?.phase ?? 'none';
    const at = `${record?.incarnationId} ${phase}`;
    if (at !== before.phase) yield { kind: 'phase', phase };
    const isNew = live !== undefined && live.at.getTime() !== before.live?.at.getTime();
    if (record !== undefined && (isNew || at !== before.phase)) yield* progressOf(store, record, live);
    const trouble = live?.trouble ?? null;
    if (trouble !== before.trouble)
      yield trouble === null ? { kind: 'recovered' } : { kind: 'trouble', message: trouble };
    before = { phase: at, live, trouble };
    await timers.wait(LOOK_MS, signal).catch(() => undefined);
  }
}

async function* progressOf(
  store: Pick<Store, 'read' | 'estimatedCount'>,
  record: JobRecord,
  live: LiveRecord | undefined,
): AsyncGenerator<JobEvent> {
  if (record.phase === 'building') {
    yield { kind: 'progress', stage: 'build', tables: await builtOf(store, record, live) };
  } else if (live !== undefined && record.phase === 'loading') {
    yield { kind: 'progress', stage: 'load', tables: live.tables.map(loadedOf) };
  } else if (live !== undefined && record.phase === 'streaming') {
    const { lagSeconds, retainedBytes, changesPerSecond = null } = live;
    const deadLetters = await store.estimatedCount(new IncarnationNames(record).letters);
    yield { kind: 'streaming', lagSeconds, changesPerSecond, deadLetters, retainedBytes };
  }
}

function loadedOf({ table, rows, total, etaSeconds }: LiveRecord['tables'][number]) {
  return { table, rows, total, done: rows > 0 && rows >= total && etaSeconds === undefined };
}

/** Counted from the tasks of building: of those that are done. */
async function builtOf(store: Pick<Store, 'read'>, record: JobRecord, live: LiveRecord | undefined) {
  const { plan } = record;
  const { builds } = new IncarnationNames(record);
  const tables = [];
  for (const { index, name, root } of plan.collections) {
    const { sum: rows } = await countDone<BuildRecord>(recordsOf(store as Store, builds, index), ({ roots }) => roots);
    const table = plan.tables[plan.nodes[root]?.table ?? -1];
    const source = live?.tables.find((each) => table !== undefined && each.table === qualifiedName(table));
    const total = Math.max(rows, source?.rows ?? 0);
    tables.push({ table: name, rows, total, done: rows > 0 && rows === total });
  }
  return tables;
}
