import { MillraceError } from '#errors';
import { previewDocuments } from '#verify';
import type { Finding } from '#model';
import type { CaptureNames } from '#sources';
import { IncarnationNames } from '#stage';
import type { Store } from '#store';
import type {
  AuditPage,
  CorrectedRow,
  JobCommands,
  JobEvent,
  JobStatus,
  LetterFilter,
  LetterPage,
  LetterSummary,
  LetterView,
  PageOptions,
  Previewed,
  ReplayReport,
  RunOptions,
  RunOutcome,
  VerifyReport,
} from './commands.js';
import { refuseAttention, refuseUnholdable } from './attention.js';
import { Connections } from './connection.js';
import type { JobDeps } from './job-deps.js';
import { JOB_ERRORS } from './job.codes.js';
import { type JobRecord, JobState } from './job-record.js';
import { elapsed, Lease, LEASE_WAIT_MS } from './lease.js';
import { viewLetter } from './letter-view.js';
import { LettersDesk } from './letters-desk.js';
import { hasDifferences, type Operation } from './operations.js';
import { connectionFinding, preflight, refuseBlockers } from './preflight.js';
import { ask, isUnanswered } from './requests.js';
import { interrupted, Runner } from './runner.js';
import { statusOf } from './status.js';
import { synced } from './synced.js';
import { toRun } from './to-run.js';
import { watchJob } from './watch-job.js';

const PATIENCE_MS = 30_000;
const REMOVED_LOOK_MS = 100;
/** What a process that stands still has open in MongoDB is in the way of a removal for 60 s. */
const REMOVAL_MS = 90_000;
/** Of a job that was verified and completed before; only its remains had to be removed. */
const NOTHING_LEFT: VerifyReport = {
  equal: 0,
  different: 0,
  missing: 0,
  extra: 0,
  edited: 0,
  deadLetters: 0,
  documents: [],
};
const NEVER = new AbortController().signal;

/** The commands of one job, on the adapters that `deps` names. Nothing is connected before the first of them. */
export function openJob(deps: JobDeps): JobCommands {
  return new OpenJob(deps);
}

class OpenJob implements JobCommands {
  private readonly connections: Connections;
  private readonly runner: Runner;

  constructor(private readonly deps: JobDeps) {
    this.connections = new Connections(deps);
    this.runner = new Runner(deps, this.connections);
  }

  async check(): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const [object, connect] of [
      ['source', () => this.connections.read(0)],
      ['target', () => this.connections.store(0)],
    ] as const) {
      await connect().catch((error: unknown) => findings.push(connectionFinding(error, object)));
    }
    // With the target away, what is wrong with the file is told all the same.
    if (findings.length > 0 && findings.every(({ object }) => object === 'target')) {
      await this.connections.planned(0, undefined);
    }
    return findings.length > 0 ? findings : preflight(this.connections, this.preflightOptions(0, false, false));
  }

  async *preview(options: { collection?: string; limit: number }): AsyncGenerator<Previewed> {
    const { plan, source } = await this.connections.planned(0, undefined);
    const assembler = this.deps.makeAssembler(plan);
    const evaluator = await this.deps.makeEvaluator(plan);
    for await (const made of previewDocuments({ plan, source, assembler, evaluator }, options)) {
      const { collection } = made;
      if (made.kind === 'document') yield { collection, document: made.document };
      else yield { collection, document: null, refused: { code: made.code, message: made.message, path: made.path } };
    }
  }

  async run(options: RunOptions, signal: AbortSignal): Promise<RunOutcome> {
    try {
      // Before anything is looked at: what brought the job into attention may show as other faults, too.
      const store = await this.connections.store(PATIENCE_MS, signal);
      const asked = await toRun(this.deps, options, store);
      if (asked === undefined) return { kind: 'stopped', synced: false };
      const { fresh, dropTarget, force } = asked;
      const record = await JobState.load(store);
      if (record !== undefined && !fresh) refuseAttention(record, asked.asked);
      const findings = await preflight(this.connections, this.preflightOptions(PATIENCE_MS, fresh, dropTarget), signal);
      try {
        refuseBlockers(findings, force);
      } catch (error) {
        // Of a job that was completed meanwhile the documents stay, and are strange to whoever looks then: it is not asked for any more.
        if ((await toRun(this.deps, options, store))?.asked !== asked.asked) return { kind: 'stopped', synced: false };
        throw error;
      }
      for (const finding of findings) if (finding.severity !== 'info') this.deps.onEvent({ kind: 'warning', finding });
      return await this.runner.run(options, signal);
    } catch (error) {
      if (signal.aborted && !(error instanceof MillraceError)) return { kind: 'stopped', synced: false };
      throw error;
    }
  }

  verify(options: { collection?: string; repair: boolean }, signal: AbortSignal): Promise<VerifyReport> {
    return this.operate({ kind: 'verify', ...options }, signal) as Promise<VerifyReport>;
  }

  async status(): Promise<JobStatus> {
    const store = await this.connections.store(0);
    const { jobFile, timers } = this.deps;
    return statusOf({ job: jobFile.job, store, timers, retained: (capture) => this.retained(capture) });
  }

  async listLetters(): Promise<LetterSummary[]> {
    const store = await this.connections.store(0);
    const record = await JobState.load(store);
    return record === undefined ? [] : this.desk(store, record).list();
  }

  async lettersPage(filter: LetterFilter, options: PageOptions): Promise<LetterPage> {
    const store = await this.connections.store(0);
    const record = await JobState.load(store);
    return record === undefined ? { letters: [], next: null } : this.desk(store, record).page(filter, options);
  }

  async auditPage(options: PageOptions): Promise<AuditPage> {
    const store = await this.connections.store(0);
    const record = await JobState.load(store);
    return record === undefined ? { entries: [], next: null } : this.desk(store, record).trail(options);
  }

  async showLetter(id: string): Promise<LetterView> {
    const { store, record, desk } = await this.openDesk();
    const { plan } = record;
    const names = new IncarnationNames(record);
    return viewLetter(id, { desk, store, names, plan, assembler: this.deps.makeAssembler(plan) });
  }

  async editLetter(id: string, columns: Record<string, string | null>, by: string): Promise<CorrectedRow> {
    await (await this.openDesk()).desk.letter(id);
    return (await this.operate({ kind: 'edit', id, columns, by }, NEVER)) as CorrectedRow;
  }

  async replayLetters(
    options: { ids: string[]; all: boolean; dryRun: boolean },
    by: string,
    signal: AbortSignal,
  ): Promise<ReplayReport> {
    await (await this.openDesk()).desk.references(options.ids);
    return (await this.operate({ kind: 'replay', ...options, by }, signal)) as ReplayReport;
  }

  async discardLetters(ids: string[], reason: string | undefined, by: string): Promise<{ discarded: number }> {
    const { desk } = await this.openDesk();
    for (const id of ids) await desk.letter(id);
    // A run that was killed may hold their fences yet; one that lives does not for long.
    await new Lease(await this.connections.store(0), this.deps.timers).livingHolder();
    for (const id of ids) await desk.discard(id, reason, by);
    return { discarded: ids.length };
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobEvent> {
    yield* watchJob(await this.connections.store(0, signal), this.deps.timers, signal);
  }

  async synced(signal: AbortSignal): Promise<void> {
    await synced(await this.connections.store(0, signal), this.deps.timers, signal);
  }

  async pause(): Promise<void> {
    await this.hold({ kind: 'pause' });
  }

  async resume(): Promise<void> {
    await this.hold({ kind: 'resume' });
  }

  async complete(signal: AbortSignal): Promise<VerifyReport> {
    let report = NOTHING_LEFT;
    while (!(await this.runner.removal.finish(signal))) {
      report = (await this.operate({ kind: 'complete' }, signal)) as VerifyReport;
      if (hasDifferences(report) || (await this.removed(signal))) return report;
    }
    return report;
  }

  /**
   * A living run answers first and removes then: what is said to be removed is. False where it ended before it had, with nobody to
   * hold the job now, or somebody else who goes on with it: it is to be completed again.
   */
  private async removed(signal: AbortSignal): Promise<boolean> {
    const { timers } = this.deps;
    const store = await this.connections.store(0, signal);
    const lease = new Lease(store, timers);
    for (const begun = elapsed(timers); ; ) {
      const holder = await lease.livingHolder({ byBeat: true });
      const record = await JobState.load(store);
      if (record === undefined) return true;
      if (holder === undefined || !['completing', 'completed'].includes(record.phase)) return false;
      if (elapsed(timers) - begun > REMOVAL_MS)
        throw new MillraceError(JOB_ERRORS.JOB_BEING_REMOVED, JOB_ERRORS.JOB_BEING_REMOVED.cause);
      await timers.wait(REMOVED_LOOK_MS, signal).catch(() => {
        throw interrupted();
      });
    }
  }

  async reset(): Promise<void> {
    const store = await this.connections.store(0);
    if ((await JobState.load(store)) === undefined) return;
    const lease = new Lease(store, this.deps.timers);
    await lease.acquire(LEASE_WAIT_MS, () => undefined, NEVER);
    try {
      await this.runner.removal.forget(lease, NEVER);
    } finally {
      await lease.release();
    }
  }

  close(): Promise<void> {
    return this.connections.close();
  }

  /** By the holder of the lease where one lives, else by this process. */
  private async operate(operation: Operation, signal: AbortSignal): Promise<unknown> {
    const store = await this.connections.store(0, signal);
    await known(store);
    try {
      return await this.byHolderOr(() => this.runner.once(operation, signal), { operation, store, signal });
    } catch (error) {
      if (signal.aborted && !(error instanceof MillraceError)) throw interrupted();
      throw error;
    }
  }

  /** `own`: what this process does where nobody runs the job. It finds a run that has just begun, and then asks that. */
  private async byHolderOr(own: () => Promise<unknown>, asked: Asked): Promise<unknown> {
    for (;;) {
      const answer = await this.byHolder(asked);
      if (answer !== undefined) return answer.result;
      try {
        return await own();
      } catch (error) {
        const isRunning = error instanceof MillraceError && error.code === JOB_ERRORS.JOB_RUNNING.code;
        if (!isRunning) throw error;
      }
    }
  }

  /** Undefined where nobody runs the job. One that does not answer may have ended as it was asked, and its process live on. */
  private async byHolder({ operation, store, signal }: Asked): Promise<{ result: unknown } | undefined> {
    const { timers } = this.deps;
    const lease = new Lease(store, timers);
    for (let holder = await lease.livingHolder(); holder !== undefined; ) {
      try {
        return { result: await ask(operation, { store, timers, holder }, signal) };
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        const now = await lease.livingHolder({ byBeat: true });
        if (now === holder) throw error;
        holder = now;
      }
    }
    return undefined;
  }

  /** Pausing and going on need no engine where none runs: the next one finds it in the record. */
  private async hold(operation: { kind: 'pause' } | { kind: 'resume' }): Promise<void> {
    const store = await this.connections.store(0);
    await known(store);
    await this.byHolderOr(() => this.holdUnderLease(operation, store), { operation, store });
  }

  private async holdUnderLease({ kind }: { kind: 'pause' | 'resume' }, store: Store): Promise<void> {
    const { timers } = this.deps;
    const lease = new Lease(store, timers);
    await lease.acquire(LEASE_WAIT_MS, () => undefined, NEVER);
    try {
      const record = await known(store);
      const state = new JobState(store, () => new Date(timers.now()), record, lease.holder);
      if (kind === 'resume') return await state.letGoOn();
      if (!record.paused) refuseUnholdable(record);
      await state.hold();
    } finally {
      await lease.release();
    }
  }

  private async openDesk(): Promise<{ store: Store; record: JobRecord; desk: LettersDesk }> {
    const store = await this.connections.store(0);
    const record = await known(store);
    return { store, record, desk: this.desk(store, record) };
  }

  private desk(store: Store, record: JobRecord): LettersDesk {
    const now = () => new Date(this.deps.timers.now());
    return new LettersDesk(store, new IncarnationNames(record), record.plan, now);
  }

  private async retained(capture: CaptureNames | null): Promise<number | null> {
    if (capture === null) return 0;
    try {
      const source = await this.connections.source();
      return (await source.captureHealth(capture)).retainedBytes;
    } catch {
      return null;
    }
  }

  private preflightOptions(patienceMs: number, fresh: boolean, dropTarget: boolean) {
    return { patienceMs, fresh, dropTarget, maxRetainedBytes: this.deps.jobFile.source.maxRetainedBytes };
  }
}

interface Asked {
  operation: Operation;
  store: Store;
  signal?: AbortSignal;
}

async function known(store: Store): Promise<JobRecord> {
  const record = await JobState.load(store);
  if (record === undefined) throw new MillraceError(JOB_ERRORS.JOB_UNKNOWN, 'this job has never run');
  return record;
}
