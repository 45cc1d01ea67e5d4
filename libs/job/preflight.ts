import { MillraceError } from '#errors';
import type { Finding, Plan } from '#model';
import type { Store, StoreDescription } from '#store';
import type { Connections, PlannedSource } from './connection.js';
import { JOB_FINDINGS } from './finding.codes.js';
import { JOB_ERRORS } from './job.codes.js';
import { type JobRecord, JobState } from './job-record.js';
import { captureNames } from './start-incarnation.js';

/** MongoDB's default is five minutes. */
const LONG_HISTORY_SECONDS = 60;

export interface PreflightOptions {
  maxRetainedBytes: number;
  patienceMs: number;
  fresh: boolean;
  dropTarget: boolean;
}

/**
 * Everything that would stop or damage the job, on source, target and in its own state. Changes nothing. Where another process begins the
 * job meanwhile it looks again: slot and documents that were found may be that one's.
 */
export async function preflight(
  connections: Connections,
  options: PreflightOptions,
  signal?: AbortSignal,
): Promise<Finding[]> {
  const store = await connections.store(options.patienceMs, signal);
  for (let record = await JobState.load(store); ; ) {
    const findings = await findingsOf(record, { connections, store, options }, signal);
    const present = await JobState.load(store);
    if (isSame(record, present)) return findings;
    record = present;
  }
}

const LOOKED_AT = ['incarnationId', 'renewing', 'phase'] as const;

/** As far as what is found depends on it. */
function isSame(before: JobRecord | undefined, now: JobRecord | undefined): boolean {
  return LOOKED_AT.every((name) => before?.[name] === now?.[name]);
}

interface Looking {
  connections: Connections;
  store: Store;
  options: PreflightOptions;
}

async function findingsOf(
  record: JobRecord | undefined,
  { connections, store, options }: Looking,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const planned = await connections.planned(options.patienceMs, options.fresh ? undefined : record, signal);
  const findings = [
    ...planned.warnings,
    ...(await sourceFindings(planned, record, options)),
    ...targetFindings(await store.describe(), planned.plan, connections),
    ...(await indexFindings(store, planned.plan)),
    ...(await jobFindings(store, planned.plan, record, options)),
  ];
  const seen = new Set<string>();
  return findings.filter(({ code, object }) => !seen.has(`${code} ${object}`) && seen.add(`${code} ${object}`));
}

/** A server that cannot be reached or refuses for good is a finding of `check`; what is wrong with the file is not. */
export function connectionFinding(error: unknown, object: 'source' | 'target'): Finding {
  if (!(error instanceof MillraceError) || error.exit === 2) throw error;
  return { severity: 'blocker', code: error.code, object, message: error.message, fix: error.remedy };
}

async function sourceFindings(
  planned: PlannedSource,
  record: JobRecord | undefined,
  options: PreflightOptions,
): Promise<Finding[]> {
  const { source, plan, tables } = planned;
  const resuming =
    record !== undefined &&
    record.capture !== null &&
    record.phase !== 'completed' &&
    !record.renewing &&
    !options.fresh;
  return source.preflight({
    mode: plan.mode,
    plan,
    tables,
    names: resuming
      ? (record.capture as NonNullable<JobRecord['capture']>)
      : captureNames(plan.job, (record?.incarnation ?? 0) + 1),
    maxRetainedBytes: options.maxRetainedBytes,
    resuming,
  });
}

function targetFindings(target: StoreDescription, plan: Plan, connections: Connections): Finding[] {
  const problem = connections.targetProblem(target);
  return problem === undefined ? historyFindings(target, plan.mode) : [connectionFinding(problem, 'target')];
}

/** What a target does for reads in the past grows with the changes, and nobody may want it. */
export function historyFindings({ historySeconds = 0 }: StoreDescription, mode: Plan['mode']): Finding[] {
  if (mode === 'snapshot' || historySeconds <= LONG_HISTORY_SECONDS) return [];
  const { code, cause, remedy } = JOB_FINDINGS.TARGET_KEEPS_HISTORY;
  const message = cause.replace('for minutes', `for ${historySeconds} s`);
  return [{ severity: 'info', code, object: 'target', message, fix: remedy }];
}

/** Indexes that the user has made: what they refuse is a dead letter. */
async function indexFindings(store: Store, plan: Plan): Promise<Finding[]> {
  const { code, cause, remedy } = JOB_FINDINGS.UNIQUE_INDEX_ON_TARGET;
  const findings: Finding[] = [];
  for (const { name } of plan.collections) {
    for (const index of await store.uniqueIndexes({ database: 'target', name })) {
      const object = `${plan.target.database}.${name}`;
      findings.push({ severity: 'warning', code, object, message: `${cause} (index ${index})`, fix: remedy });
    }
  }
  return findings;
}

async function jobFindings(
  store: Store,
  plan: Plan,
  record: JobRecord | undefined,
  options: PreflightOptions,
): Promise<Finding[]> {
  if (record === undefined) return options.dropTarget ? [] : notEmpty(store, plan);
  if (options.fresh || record.renewing) return options.dropTarget ? [] : notEmpty(store, plan, record);
  if (record.plan.hash === plan.hash && record.plan.mode === plan.mode) return [];
  const { code, cause, remedy } = JOB_ERRORS.MAPPING_CHANGED;
  return [{ severity: 'blocker', code, object: 'job', message: cause, fix: remedy }];
}

/** Collections of this job with documents that no load of it has made. */
export async function notEmpty(store: Store, plan: Plan, record?: JobRecord): Promise<Finding[]> {
  const made = new Set(
    [record?.plan, ...(record?.formers ?? []).map((former) => former.plan)].flatMap(
      (each) => each?.collections.map(({ name }) => name) ?? [],
    ),
  );
  const findings: Finding[] = [];
  for (const { name } of plan.collections) {
    if (made.has(name)) continue;
    const [document] = await store.read.range({ database: 'target', name }, {}, { limit: 1, fields: ['_id'] });
    if (document === undefined) continue;
    const { code, remedy } = JOB_ERRORS.TARGET_NOT_EMPTY;
    const message = `the collection ${plan.target.database}.${name} has documents already, which this job has not made`;
    findings.push({ severity: 'blocker', code, object: `${plan.target.database}.${name}`, message, fix: remedy });
  }
  return findings;
}

/** Refuses where something blocks that `--force` does not name; nothing has been written by then. */
export function refuseBlockers(findings: readonly Finding[], force: readonly string[]): void {
  const blockers = findings.filter((finding) => finding.severity === 'blocker' && !force.includes(finding.code));
  if (blockers.length === 0) return;
  const names = blockers.map(({ code, object }) => `${code} (${object})`).join(', ');
  throw new MillraceError(JOB_ERRORS.JOB_BLOCKED, `the job cannot run: ${names}`, { context: { findings: blockers } });
}
