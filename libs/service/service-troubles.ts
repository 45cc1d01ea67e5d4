import type { JobTimers } from '#job';
import type { Logger } from '#observability';
import type { Redactor } from '#observability/redaction';
import type { Troubles } from '#registry';

/** Trouble that is waited out now; undefined when it is over. */
export type TellTrouble = (message: string | undefined) => void;

export interface ServiceTroublesParts {
  /** The list's, opened once it can be. */
  open(): Promise<Pick<Troubles, 'keep' | 'over' | 'sweep'>>;
  service: string;
  /** Tells replicas apart. */
  process: string;
  timers: JobTimers;
  redactor: Redactor;
  logger: Logger;
}

interface Troubled {
  /** By what has it; who told last comes last. */
  messages: Map<string, string>;
  since: Date;
  /** What was written to the list. */
  kept: { message: string; atMs: number } | undefined;
  /** Something may be in the list, written or not known to be. */
  mayBeThere: boolean;
}

/** Far below what the list takes for gone. */
const RENEW_MS = 5_000;
const AGAIN_MS = 1_000;
/** What comes and goes in between nobody need see. */
const SPACING_MS = 250;
const LEAVE_MS = 2_000;
const MOST_CHARACTERS = 300;

/**
 * What this process has trouble with, by job: the last of it is kept in the list, for whoever asks for a job's status. Telling
 * only notes it; it is written beside the work, which never waits for that and does not fail with it.
 */
export class ServiceTroubles {
  private readonly jobs = new Map<string, Troubled>();
  private readonly stopping = new AbortController();
  private keeping: Promise<void> = Promise.resolve();
  private isNews = false;
  private wake = (): void => undefined;

  constructor(private readonly parts: ServiceTroublesParts) {}

  start(): void {
    this.keeping = this.follow();
  }

  /** Takes away what is kept; not waited for where the list is away. */
  async stop(): Promise<void> {
    const { timers } = this.parts;
    this.stopping.abort(new Error('the service stops'));
    for (const { messages } of this.jobs.values()) messages.clear();
    const left = new AbortController();
    const leaving = this.keeping.then(() => this.write()).catch(() => undefined);
    await Promise.race([leaving, timers.wait(LEAVE_MS, left.signal).catch(() => undefined)]);
    left.abort();
  }

  /** `what` of a job may have trouble: each has its own, and the same name is the same. */
  of(job: string, what: string): TellTrouble {
    return (message) => {
      if (message === undefined) this.over(job, what);
      else this.note(job, what, message);
    };
  }

  /** The job is not in hand any more. */
  forget(job: string): void {
    this.jobs.get(job)?.messages.clear();
    this.changed();
  }

  private note(job: string, what: string, message: string): void {
    const { timers, redactor } = this.parts;
    let troubled = this.jobs.get(job);
    if (troubled === undefined) {
      troubled = { messages: new Map(), since: new Date(timers.now()), kept: undefined, mayBeThere: false };
      this.jobs.set(job, troubled);
    }
    if (troubled.messages.size === 0) troubled.since = new Date(timers.now());
    troubled.messages.delete(what);
    troubled.messages.set(what, redactor.redact(message).slice(0, MOST_CHARACTERS));
    this.changed();
  }

  private over(job: string, what: string): void {
    if (this.jobs.get(job)?.messages.delete(what)) this.changed();
  }

  private changed(): void {
    this.isNews = true;
    this.wake();
  }

  private async follow(): Promise<void> {
    const { timers, logger } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.isNews = false;
      try {
        await this.write();
        await timers.wait(SPACING_MS, signal).catch(() => undefined);
        if (!this.isNews) await this.newsWithin(RENEW_MS);
      } catch (err) {
        logger.debug({ err }, 'the list does not show yet what there is trouble with');
        await timers.wait(AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  private async newsWithin(ms: number): Promise<void> {
    const woken = new AbortController();
    this.wake = () => woken.abort();
    const signal = AbortSignal.any([woken.signal, this.stopping.signal]);
    await this.parts.timers.wait(ms, signal).catch(() => undefined);
  }

  private async write(): Promise<void> {
    for (const [job, troubled] of this.jobs) {
      const message = [...troubled.messages.values()].at(-1);
      if (message === undefined) await this.takeAway(job, troubled);
      else await this.keep(job, message, troubled);
    }
  }

  private async keep(job: string, message: string, troubled: Troubled): Promise<void> {
    const { open, service, process, timers } = this.parts;
    const { kept, since } = troubled;
    const atMs = timers.now();
    if (kept?.message === message && atMs - kept.atMs < RENEW_MS) return;
    const troubles = await open();
    troubled.mayBeThere = true;
    await troubles.keep({ job, service, process, message, since });
    troubled.kept = { message, atMs };
    if (kept === undefined) await troubles.sweep(job);
  }

  private async takeAway(job: string, troubled: Troubled): Promise<void> {
    const { open, service, process } = this.parts;
    if (troubled.mayBeThere) await (await open()).over({ job, service, process });
    troubled.mayBeThere = false;
    troubled.kept = undefined;
    if (troubled.messages.size === 0) this.jobs.delete(job);
  }
}
