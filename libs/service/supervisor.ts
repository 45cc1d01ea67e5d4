import { MillraceError } from '#errors';
import type { JobTimers } from '#job';
import type { Logger } from '#observability';
import type { JobRegistry, RegisteredJob } from '#registry';
import type { ServiceTroubles } from './service-troubles.js';
import { troubleOf } from './trouble-of.js';

/** A job of the list, as a service has it in hand. */
export interface Seat {
  /** As it was last seen in the list. */
  readonly job: RegisteredJob;
}

export type Work = (seat: Seat, signal: AbortSignal) => Promise<void>;

/** What the failure of a job's work is told as; that it is over tells the work that goes well again. */
export const WORK = 'work';

export interface SupervisorParts {
  jobs: Pick<JobRegistry, 'list'>;
  work: Work;
  troubles: Pick<ServiceTroubles, 'of' | 'forget'>;
  timers: JobTimers;
  logger: Logger;
}

interface Place {
  seat: { job: RegisteredJob };
  stop: AbortController;
  done: Promise<void>;
}

const LOOK_MS = 1_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Work that went well for so long begins with the shortest pause again. */
const WENT_WELL_MS = 60_000;

/**
 * Works for every job of the list, side by side: from when it appears until it is taken off, or has another file (then anew).
 * Work that fails is begun again after a pause; one job's trouble is no other's.
 */
export class Supervisor {
  private readonly places = new Map<string, Place>();
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();
  private lookedMs: number | undefined;

  constructor(private readonly parts: SupervisorParts) {}

  start(): void {
    this.following = this.follow();
  }

  /** Resolves when all work has ended. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the service stops'));
    await this.following;
    await Promise.all([...this.places.values()].map((place) => this.end(place)));
  }

  /** Milliseconds since the list was last read; undefined before the first time. */
  get seenMsAgo(): number | undefined {
    return this.lookedMs === undefined ? undefined : this.parts.timers.now() - this.lookedMs;
  }

  private async follow(): Promise<void> {
    const { timers, logger } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.look();
        this.lookedMs = timers.now();
      } catch (err) {
        logger.warn({ err }, 'the list of jobs cannot be read');
      }
      await timers.wait(LOOK_MS, signal).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const jobs = new Map((await this.parts.jobs.list()).map((job) => [job._id, job]));
    for (const [name, place] of this.places) {
      const job = jobs.get(name);
      if (job !== undefined && job.file === place.seat.job.file) place.seat.job = job;
      else void this.end(place); // Begun anew, where it has another file, when it has ended.
    }
    for (const [name, job] of jobs) if (!this.places.has(name)) this.begin(name, job);
  }

  private begin(name: string, job: RegisteredJob): void {
    const stop = new AbortController();
    const seat = { job };
    this.places.set(name, { seat, stop, done: this.again(seat, stop.signal) });
  }

  private async end({ seat, stop, done }: Place): Promise<void> {
    stop.abort(new Error('the service gives up this job'));
    await done;
    this.parts.troubles.forget(seat.job._id);
    this.places.delete(seat.job._id);
  }

  private async again(seat: Seat, signal: AbortSignal): Promise<void> {
    const { work, timers, troubles } = this.parts;
    const logger = this.parts.logger.child({ job: seat.job._id });
    const trouble = troubles.of(seat.job._id, WORK);
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const begun = timers.now();
      try {
        await work(seat, signal);
      } catch (err) {
        if (signal.aborted) return;
        const isPassing = err instanceof MillraceError && err.retriable;
        logger[isPassing ? 'warn' : 'error']({ err }, 'work for the job failed, and begins again');
        trouble(troubleOf(err));
      }
      if (timers.now() - begun > WENT_WELL_MS) pauseMs = FIRST_PAUSE_MS;
      await timers.wait(pauseMs * (0.75 + timers.random() / 2), signal).catch(() => undefined);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }
}
