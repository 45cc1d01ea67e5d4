import { API_ERRORS, type JobEntry } from '#api';
import { MillraceError } from '#errors';
import type { RunOptions } from '#job';
import { type Asked, type JobAction, type RegisteredJob, shouldRun } from '#registry';
import { Inject, Injectable } from '@nestjs/common';
import { type ConsoleParts, type JobText, PARTS } from '../console-parts.js';
import { OpenJobs } from './open-jobs.js';

type RunAsked = Omit<RunOptions, 'untilSynced'>;

const LOOK_MS = 500;
/** An ingest that is told to stop drains what it has taken in. */
const STOPPED_MS = 60_000;
/** What was begun is not left half done. */
const NEVER = new AbortController().signal;

/** The list of jobs: what is asked of them, by whom. */
@Injectable()
export class JobList {
  constructor(
    @Inject(PARTS) private readonly parts: ConsoleParts,
    @Inject(OpenJobs) private readonly jobs: OpenJobs,
  ) {}

  async all(): Promise<RegisteredJob[]> {
    return (await this.parts.list()).registry.list();
  }

  async get(name: string): Promise<RegisteredJob> {
    return (await this.parts.list()).registry.get(name);
  }

  async create(text: JobText, by: string): Promise<RegisteredJob> {
    const { registry } = await this.parts.list();
    const name = await this.nameOf(text);
    const isNew = (await registry.find(name)) === undefined;
    if (isNew) await this.refuseUnfit(text);
    const job = await registry.create(name, { text: text.file, fileName: text.fileName }, by);
    if (isNew) await this.note(name, 'create', by);
    return job;
  }

  async replaceFile(name: string, text: JobText, by: string): Promise<RegisteredJob> {
    const { registry } = await this.parts.list();
    const former = await registry.get(name);
    await this.refuseOther(name, text);
    if (former.file !== text.file) await this.refuseUnfit(text);
    return this.keepFile(former, text, by);
  }

  private async keepFile(former: RegisteredJob, text: JobText, by: string): Promise<RegisteredJob> {
    const { registry } = await this.parts.list();
    await registry.replaceFile(former._id, { text: text.file, fileName: text.fileName });
    if (former.file !== text.file) await this.note(former._id, 'replaceFile', by);
    return registry.get(former._id);
  }

  /** Of a job that runs as it is asked to, nothing is asked. With another file it stops before it has that one. */
  async run(name: string, asked: RunAsked, by: string, text?: JobText): Promise<RegisteredJob> {
    const { registry } = await this.parts.list();
    const present = text === undefined ? await registry.get(name) : await registry.find(name);
    if (present !== undefined && isAlreadySo(present, asked, text)) return present;
    if (text !== undefined) await this.runOf(name, text, present, by);
    const job = await registry.run(name, asked);
    const { fresh, dropTarget, force } = asked;
    await this.note(name, 'run', by, { fresh, dropTarget, force });
    return job;
  }

  async stop(name: string, by: string): Promise<RegisteredJob> {
    const job = await (await this.parts.list()).registry.stop(name);
    await this.note(name, 'stop', by);
    return job;
  }

  /** Forgets the job, once nobody runs it. */
  async remove(name: string, by: string, signal: AbortSignal): Promise<void> {
    const { registry, troubles } = await this.parts.list();
    await this.stopped(name, signal);
    await this.jobs.work(
      name,
      () => undefined,
      (job) => job.reset(),
    );
    await registry.remove(name);
    await this.note(name, 'reset', by);
    await troubles.forget(name);
  }

  /** Whoever ran it has marked it so, unless that was a process that knows of no list. */
  async completed(taken: RegisteredJob): Promise<void> {
    await (await this.parts.list()).registry.end(taken._id, taken, { kind: 'completed', error: null });
  }

  async note(name: string, action: JobAction, by: string, details?: Record<string, unknown>): Promise<void> {
    await (await this.parts.list()).audit.note(name, action, by, details);
  }

  /** Asks it to stop, and waits until nobody runs it; not for ever: who needs the lease then waits for that. */
  private async stopped(name: string, signal: AbortSignal): Promise<void> {
    const { timers } = this.parts;
    await (await this.parts.list()).registry.stop(name);
    await this.jobs.look(name, async (job) => {
      for (const begun = timers.now(); timers.now() - begun < STOPPED_MS; ) {
        if (!(await job.status()).running) return;
        await timers.wait(LOOK_MS, signal);
      }
    });
  }

  /** The run that is asked for next is of this file. */
  private async runOf(name: string, text: JobText, present: RegisteredJob | undefined, by: string): Promise<void> {
    await this.refuseOther(name, text);
    if (present === undefined) return void (await this.create(text, by));
    if (present.file === text.file) return;
    await this.refuseUnfit(text);
    if (shouldRun(present)) await this.stopped(name, NEVER);
    await this.keepFile(present, text, by);
  }

  private async refuseOther(name: string, text: JobText): Promise<void> {
    const named = await this.nameOf(text);
    if (named === name) return;
    throw new MillraceError(API_ERRORS.JOB_NAME_DIFFERS, `${text.fileName} is of the job ${named}, not of ${name}`);
  }

  /** What the file maps must be there. A source that cannot be reached now says nothing: the run will. */
  private async refuseUnfit(text: JobText): Promise<void> {
    await this.jobs.ofText(
      text,
      () => undefined,
      (job) => job.check(),
    );
  }

  private async nameOf(text: JobText): Promise<string> {
    return (await this.parts.readJob(text)).jobFile.job;
  }
}

function isAlreadySo(job: RegisteredJob, asked: RunAsked, text: JobText | undefined): boolean {
  const isSameFile = text === undefined || text.file === job.file;
  return isSameFile && shouldRun(job) && !asked.fresh && !asked.dropTarget && isForced(asked.force, job.asked);
}

function isForced(force: readonly string[], asked: Asked): boolean {
  return force.every((code) => asked.force.includes(code));
}

/** As the API shows it. */
export function entryOf({ _id, fileName, asked, ended, createdAt, createdBy, changedAt }: RegisteredJob): JobEntry {
  return {
    job: _id,
    fileName,
    wanted: asked.wanted,
    ended: ended === null || ended.number !== asked.number ? null : endedOf(ended),
    createdAt: createdAt.toISOString(),
    createdBy,
    changedAt: changedAt.toISOString(),
  };
}

function endedOf({ at, kind, error }: NonNullable<RegisteredJob['ended']>): NonNullable<JobEntry['ended']> {
  return { at: at.toISOString(), kind, error: error as NonNullable<JobEntry['ended']>['error'] };
}
