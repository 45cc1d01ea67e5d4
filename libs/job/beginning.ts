import { MillraceError } from '#errors';
import type { Incarnation } from '#stage';
import { phaseBefore, refuseAttention, refuseCompleted } from './attention.js';
import type { RunOptions } from './commands.js';
import type { Connections, PlannedSource } from './connection.js';
import { JOB_FINDINGS } from './finding.codes.js';
import { JOB_ERRORS } from './job.codes.js';
import type { JobDeps } from './job-deps.js';
import { type JobRecord, JobState, restOf } from './job-record.js';
import { LEASE_WAIT_MS, type UnderLease } from './lease.js';
import { notEmpty, refuseBlockers } from './preflight.js';
import type { Removal } from './removal.js';
import { newIncarnation } from './start-incarnation.js';
import { type ToRun, toRun } from './to-run.js';

export interface Begun {
  state: JobState;
  planned: PlannedSource;
}

/** `loaded`: of a snapshot, before. `not asked`: nothing is asked of the job any more. */
export type NotBegun = 'loaded' | 'not asked';

/** What a process that has got the lease begins with: the load that is there, or a new one. */
export class Beginning {
  constructor(
    private readonly deps: JobDeps,
    private readonly connections: Connections,
    private readonly removal: Removal,
  ) {}

  async run(begin: UnderLease, given: RunOptions, signal: AbortSignal): Promise<Begun | NotBegun> {
    const { store } = begin;
    const options = await toRun(this.deps, given, store);
    if (options === undefined) return 'not asked';
    const record = await JobState.load(store);
    const planned = await this.connections.planned(LEASE_WAIT_MS, options.fresh ? undefined : record, signal);
    const state = await this.stateForRun(begin, record, planned, options);
    return state === 'loaded' ? state : { state, planned };
  }

  async command(begin: UnderLease, signal: AbortSignal): Promise<Begun> {
    const record = await JobState.load(begin.store);
    const planned = await this.connections.planned(LEASE_WAIT_MS, record, signal);
    return { state: await this.stateForCommand(begin, record, planned), planned };
  }

  private async stateForRun(
    begin: UnderLease,
    record: JobRecord | undefined,
    planned: PlannedSource,
    options: ToRun,
  ): Promise<JobState | 'loaded'> {
    const { plan } = planned;
    if (record === undefined || options.fresh || record.renewing) return this.fresh(begin, planned, record, options);
    refuseCompleted(record);
    refuseAttention(record, options.asked);
    if (record.plan.hash !== plan.hash || record.plan.mode !== plan.mode) {
      throw new MillraceError(JOB_ERRORS.MAPPING_CHANGED, JOB_ERRORS.MAPPING_CHANGED.cause);
    }
    if (options.dropTarget) this.tellNothingDropped();
    if (plan.mode === 'snapshot' && record.phase === 'completed') return 'loaded';
    if (plan.mode === 'snapshot' && record.loading) return this.fresh(begin, planned, record, options);
    return this.goOn(begin, record, options.asked);
  }

  private async stateForCommand(
    begin: UnderLease,
    record: JobRecord | undefined,
    planned: PlannedSource,
  ): Promise<JobState> {
    if (record === undefined) throw new MillraceError(JOB_ERRORS.JOB_UNKNOWN, 'this job has never run');
    refuseCompleted(record);
    refuseAttention(record);
    if (record.renewing) {
      throw new MillraceError(
        JOB_ERRORS.JOB_UNKNOWN,
        'a load anew was interrupted as it began; run the job again first',
      );
    }
    if (record.plan.hash !== planned.plan.hash)
      throw new MillraceError(JOB_ERRORS.MAPPING_CHANGED, JOB_ERRORS.MAPPING_CHANGED.cause);
    if (record.plan.mode === 'snapshot' && record.loading) {
      throw new MillraceError(
        JOB_ERRORS.JOB_UNKNOWN,
        'the load of this snapshot was interrupted; run the job again first',
      );
    }
    return this.goOn(begin, record);
  }

  private async goOn({ store, lease }: UnderLease, record: JobRecord, asked?: number): Promise<JobState> {
    const state = this.stateOf(record, { store, lease });
    const isNew = asked !== undefined && asked !== record.asked;
    if (record.attention !== null)
      await state.advance(phaseBefore(record), { attention: null, ...(isNew ? { asked } : {}) });
    else if (isNew) await state.set({ asked });
    if (record.phase === 'attention' && record.paused) await state.enter('paused');
    // Who began this load may have been killed before it had.
    if (record.formers.length > 0) await this.removal.removeTopics(record.job, record.formers);
    if (record.phase === 'completing') await state.enter(restOf(record.plan));
    return state;
  }

  private stateOf(record: JobRecord, { store, lease }: UnderLease): JobState {
    return new JobState(store, () => new Date(this.deps.timers.now()), record, lease.holder);
  }

  private tellNothingDropped(): void {
    const { code, cause, remedy } = JOB_FINDINGS.NOTHING_DROPPED;
    const finding = { severity: 'warning', code, object: 'target', message: cause, fix: remedy } as const;
    this.deps.onEvent({ kind: 'warning', finding });
  }

  private async fresh(
    { store, lease }: UnderLease,
    planned: PlannedSource,
    record: JobRecord | undefined,
    options: ToRun,
  ): Promise<JobState> {
    const now = () => new Date(this.deps.timers.now());
    // Again, under the lease: while this process waited for it, the job that had made the documents may have been forgotten.
    const findings = options.dropTarget ? [] : await notEmpty(store, planned.plan, record);
    refuseBlockers(findings, options.force);
    if (record !== undefined) await this.stateOf(record, { store, lease }).set({ renewing: true });
    if (options.dropTarget) {
      for (const { name } of planned.plan.collections) {
        // What another process has built since must not go.
        await lease.confirm();
        await store.drop({ database: 'target', name });
      }
    }
    const { job } = planned.plan;
    const { tuning } = this.deps;
    const asked = options.asked ?? null;
    const removeTopics = (incarnations: readonly Incarnation[]) => this.removal.removeTopics(job, incarnations);
    return newIncarnation({ store, now, ...planned, tuning, asked, lease, removeTopics }, record);
  }
}
