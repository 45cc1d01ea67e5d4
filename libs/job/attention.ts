import { MillraceError } from '#errors';
import { LOG_ERRORS } from '#log';
import { type Plan, qualifiedName } from '#model';
import { JOB_ERRORS } from './job.codes.js';
import type { JobRecord, JobState } from './job-record.js';

/** What puts a job into `attention`: nothing goes on by itself after it. */
const NEEDS_A_PERSON: ReadonlySet<string> = new Set([
  'SLOT_LOST',
  'SLOT_MISSING',
  'PUBLICATION_MISSING',
  'SOURCE_SCHEMA_CHANGED',
  JOB_ERRORS.SCHEMA_CHANGED.code,
  JOB_ERRORS.RETENTION_BOUND.code,
  JOB_ERRORS.SOURCE_CHANGED.code,
  JOB_ERRORS.STOPPED_BY_ERROR.code,
  LOG_ERRORS.LOG_DAMAGED.code,
  LOG_ERRORS.LOG_TOPIC_MISSING.code,
  LOG_ERRORS.LOG_PARTITIONS_DIFFER.code,
]);

/** Keeps the reason, if the failure is one that a person must deal with. */
export async function keepAttention(state: JobState, error: unknown): Promise<void> {
  if (!(error instanceof MillraceError) || !NEEDS_A_PERSON.has(error.code)) return;
  await state.enter('attention', { attention: { code: error.code, message: error.message, remedy: error.remedy } });
}

/** A stop by dead letters goes on when a person runs the job again, by an asking of its own; everything else needs `--fresh`. */
export function refuseAttention(record: JobRecord, asked?: number): void {
  const { attention } = record;
  if (attention === null) return;
  const isAskedAgain = asked === undefined || asked !== record.asked;
  if (attention.code === JOB_ERRORS.STOPPED_BY_ERROR.code && isAskedAgain) return;
  throw attentionOf(attention);
}

/** As whoever met it has kept it. */
export function attentionOf({ code, message, remedy }: NonNullable<JobRecord['attention']>): MillraceError {
  return new MillraceError({ code, cause: message, remedy, exit: 1 }, message);
}

const STEPS: ReadonlySet<string> = new Set(['checking', 'loading', 'building', 'streaming']);

/** How far the job had come when it came into `attention`: a pause or a try to complete it is no such step. */
export function phaseBefore(record: JobRecord): JobRecord['phase'] {
  const { paused, heldPhase } = record;
  // Of a held job the steps are not in its history.
  if (paused && heldPhase !== null && STEPS.has(heldPhase)) return heldPhase;
  const before = record.history.filter((entry) => entry.incarnation === record.incarnation && STEPS.has(entry.phase));
  return before.at(-1)?.phase ?? 'checking';
}

/** Verified and completed, but not yet removed whole. */
export function isCompleted(record: JobRecord | undefined): boolean {
  return record !== undefined && record.phase === 'completed' && record.plan.mode === 'continuous';
}

export function refuseCompleted(record: JobRecord): void {
  if (isCompleted(record))
    throw new MillraceError(
      JOB_ERRORS.JOB_COMPLETED,
      'the job is completed; `millrace complete` removes what is left of it',
    );
}

/** Of a job that follows changes: what its tables had while nothing streamed, and have no more, no log tells. */
export function refuseReplaced(loaded: Plan, now: Plan): void {
  for (const table of now.tables) {
    const name = qualifiedName(table);
    const before = loaded.tables.find((each) => qualifiedName(each) === name);
    if (before === undefined) continue;
    if (before.sourceId !== table.sourceId) throw schemaChanged(`the table ${name} was dropped and made anew`);
    for (const column of table.columns) {
      const former = before.columns.find((each) => each.name === column.name)?.number;
      if (former !== undefined && former !== column.number)
        throw schemaChanged(`the column ${column.name} of ${name} was dropped and added again`);
    }
  }
}

function schemaChanged(message: string): MillraceError {
  return new MillraceError(JOB_ERRORS.SCHEMA_CHANGED, message);
}

/** A job that does nothing cannot be held: saying that it is would mislead whoever runs it next. */
export function refuseUnholdable({ phase, attention }: JobRecord): void {
  if (attention === null && phase !== 'completed') return;
  const why = phase === 'completed' ? 'the job is completed' : `the job waits for a person (${attention?.code})`;
  throw new MillraceError(JOB_ERRORS.NOTHING_TO_HOLD, `${why}, and does nothing by itself`);
}
