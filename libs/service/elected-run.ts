import { MillraceError } from '#errors';
import { type AskedRun, type JobEvent, LeaseWatch, openJob, type RunOutcome } from '#job';
import type { Metrics } from '#observability/metrics';
import { goesOnWith, type JobRegistry, shouldRun, type Taken } from '#registry';
import { electionTopic } from '#stage';
import { Election } from './election.js';
import type { TellTrouble } from './service-troubles.js';
import type { Seat } from './supervisor.js';
import { type JobInHand, tell } from './work.js';

export interface ElectedRunParts {
  jobs: Pick<JobRegistry, 'find' | 'begun' | 'end'>;
  metrics: Metrics;
}

const LOOK_MS = 500;
const AGAIN_MS = 1_000;

/** Somebody else has the job now, or had it a moment ago: no trouble, as it runs. */
const ELSEWHERE = ['JOB_RUNNING', 'JOB_TAKEN_OVER'];
/** That, or a snapshot has ended with its session, and is loaded anew. */
const PASSING = [...ELSEWHERE, 'SNAPSHOT_LOST'];
/** Until what is asked in the list is taken. */
const CARRIED_ON = { untilSynced: false, fresh: false, dropTarget: false, force: [] };
const NOTHING: Taken = {
  asked: { number: 0, wanted: 'stopped', fresh: false, dropTarget: false, force: [] },
  file: '',
};

/** Runs the job whenever it is wanted and this process is the elected one; until the signal is raised. */
export async function runWhenElected(
  seat: Seat,
  job: JobInHand,
  parts: ElectedRunParts,
  signal: AbortSignal,
): Promise<void> {
  const { timers } = job.deps;
  while (!signal.aborted) {
    if (shouldRun(seat.job)) await new ElectedRun(seat, job, parts).whileWanted(signal);
    await timers.wait(LOOK_MS, signal).catch(() => undefined);
  }
}

/** A job's turn of being wanted: stands by, and runs the job while it is elected. */
class ElectedRun {
  private readonly name: string;
  private readonly watch: LeaseWatch;
  /** What this process runs, or ran last. */
  private taken: Taken = NOTHING;
  /** What keeps the job from running; what a run meets is shown by itself. */
  private readonly shown: TellTrouble;

  constructor(
    private readonly seat: Seat,
    private readonly job: JobInHand,
    private readonly parts: ElectedRunParts,
  ) {
    this.name = seat.job._id;
    this.watch = new LeaseWatch(job.store, job.deps.timers);
    this.shown = job.trouble('run');
  }

  async whileWanted(signal: AbortSignal): Promise<void> {
    const { deps, logger } = this.job;
    const log = deps.makeLog();
    try {
      await using election = await Election.join(log, electionTopic(this.name));
      let stoodBy = true;
      while (!signal.aborted && shouldRun(this.seat.job)) {
        await this.watch.look();
        this.parts.metrics.elected.set({ job: this.name }, election.isElected ? 1 : 0);
        if (election.isElected) {
          if (stoodBy) logger.info('elected to run the job');
          await this.run(election, signal);
        }
        stoodBy = !election.isElected;
        if (stoodBy) this.shown(undefined);
        await Promise.race([election.failed, deps.timers.wait(LOOK_MS, signal).catch(() => undefined)]);
      }
    } finally {
      this.shown(undefined);
      await this.parts.metrics.forget(this.name);
      await log.close();
    }
  }

  /** Until it ends, is not wanted any more, or another one is elected. */
  private async run(election: Election, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const ended = new AbortController();
    if (!(await this.isAsked(signal))) return;
    const mayGoOn = () => !signal.aborted && election.isElected && goesOnWith(this.taken.asked, this.seat.job);
    const toEnd = () => stop.abort(new Error('the run is to end'));
    const watching = this.untilNot(mayGoOn, ended.signal).then(toEnd);
    election.failed.catch(toEnd);
    const running = openJob({
      ...this.job.deps,
      leaseWatch: this.watch,
      takeAsked: () => this.take(),
      onCompleted: () => this.end('completed'),
      onEvent: this.events(),
      onBacklog: (waiting) => {
        for (const [topic, n] of Object.entries(waiting))
          this.parts.metrics.lagRecords.set({ job: this.name, topic }, n);
      },
    });
    try {
      await this.settle(await running.run(CARRIED_ON, stop.signal));
    } catch (error) {
      await this.refused(error, stop.signal);
    } finally {
      ended.abort();
      await watching;
      await running.close();
      await this.parts.metrics.forget(this.name);
    }
  }

  /** Where the list cannot be read now, it is looked at again. */
  private async isAsked(signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.take()) !== undefined;
    } catch (error) {
      await this.refused(error, signal);
      return false;
    }
  }

  /** Not by what the seat says, which may be of a second ago. */
  private async take(): Promise<AskedRun | undefined> {
    const job = await this.parts.jobs.find(this.name);
    // Of another file it is somebody else's, who has that one in hand.
    if (job === undefined || !shouldRun(job) || job.file !== this.seat.job.file) return undefined;
    this.taken = job;
    const { number, fresh, dropTarget, force } = job.asked;
    return { number, options: { fresh, dropTarget, force } };
  }

  private async untilNot(holds: () => boolean, ended: AbortSignal): Promise<void> {
    while (!ended.aborted && holds()) await this.job.deps.timers.wait(LOOK_MS, ended).catch(() => undefined);
  }

  private async settle({ kind }: RunOutcome): Promise<void> {
    if (kind === 'stopped') return;
    this.job.logger.info(kind === 'completed' ? 'the job is completed' : 'the job is done');
    // Of one that is completed the list was told before its last went.
    if (kind !== 'completed') await this.end('done');
  }

  /** What a person must deal with is not tried again before somebody asks. */
  private async refused(error: unknown, stop: AbortSignal): Promise<void> {
    const { logger, deps } = this.job;
    if (!(error instanceof MillraceError)) {
      if (stop.aborted) return;
      throw error;
    }
    if (error.retriable || PASSING.includes(error.code)) {
      logger.warn({ err: error }, 'the job cannot run now; it is tried again');
      this.shown(ELSEWHERE.includes(error.code) ? undefined : error.message);
      await deps.timers.wait(AGAIN_MS, stop).catch(() => undefined);
      return;
    }
    logger.error({ err: error }, `the job stops: ${error.remedy}`);
    await this.end('refused', error);
  }

  private end(kind: 'done' | 'completed' | 'refused', error?: MillraceError): Promise<void> {
    const how = { kind, error: error === undefined ? null : failureOf(error) };
    return this.parts.jobs.end(this.name, this.taken, how);
  }

  private events(): (event: JobEvent) => void {
    const { metrics, jobs } = this.parts;
    const { logger, loaded } = this.job;
    const { name: job } = this;
    let phase: string | undefined;
    const trouble = tell(logger, (message) => {
      if (phase === undefined && message !== undefined) this.shown(message);
    });
    let isBegunTold = false;
    const tellBegun = (): void => {
      if (isBegunTold) return;
      isBegunTold = true;
      jobs.begun(job, this.taken.asked.number).catch((err: unknown) => {
        isBegunTold = false;
        logger.warn({ err }, 'the list does not show yet that the job has begun');
      });
    };
    return (event) => {
      if (event.kind === 'trouble') trouble(event.message);
      if (event.kind === 'recovered') trouble(undefined);
      if (event.kind === 'warning') logger.warn({ code: event.finding.code }, event.finding.message);
      if (event.kind === 'streaming') {
        metrics.lagSeconds.set({ job }, event.lagSeconds);
        if (event.retainedBytes !== null) metrics.retainedBytes.set({ job }, event.retainedBytes);
      }
      if (event.kind === 'streaming' || event.kind === 'phase') tellBegun();
      if (event.kind !== 'phase') return;
      if (phase === undefined) {
        metrics.retainedBytesMax.set({ job }, loaded.jobFile.source.maxRetainedBytes);
        metrics.running.set({ job }, 1);
        this.shown(undefined);
      }
      phase = event.phase;
      logger.info(`phase: ${phase}`);
    };
  }
}

function failureOf({ code, message, remedy, exit, context }: MillraceError) {
  const { problems, findings } = context;
  return { code, message, remedy, exit, ...(problems ? { problems } : {}), ...(findings ? { findings } : {}) };
}
