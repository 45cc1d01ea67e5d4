import { MillraceError } from '#errors';
import type { CollectionRef, Doc, Store } from '#store';
import { REGISTRY_ERRORS } from './registry.codes.js';

/** In the state database of the registry's store, which is no job's. */
const JOBS: CollectionRef = { database: 'state', name: 'jobs' };

/** What was last asked of a job's running; an ingest takes each once. */
export interface Asked {
  /**
   * Counts up with each time that somebody asks, from the time (ms) on when the job was put in the list: jobs' own records keep
   * numbers, and a list that was lost and made anew must not count through them again.
   */
  number: number;
  wanted: 'running' | 'stopped';
  /** For `running`: as of `millrace run`. Taken once: what runs again by itself goes on. */
  fresh: boolean;
  dropTarget: boolean;
  force: readonly string[];
}

/** How a run ended that nobody stopped: it is not begun again before somebody asks. */
export interface Ended {
  /** Of which asking. */
  number: number;
  at: Date;
  /** `done`: a snapshot is loaded. `completed`: nothing is left of the job. `refused`: the failure is one that a person must deal with. */
  kind: 'done' | 'completed' | 'refused';
  error: { code: string; message: string; remedy: string; exit: number; problems?: unknown; findings?: unknown } | null;
}

/** A job that the services run. Its file keeps its `${…}`: secrets stay in the services' environment. */
export interface RegisteredJob extends Doc {
  _id: string;
  file: string;
  fileName: string;
  createdAt: Date;
  createdBy: string;
  changedAt: Date;
  asked: Asked;
  ended: Ended | null;
}

/** An asking as a process took it, and the file that it was of. */
export type Taken = Pick<RegisteredJob, 'asked' | 'file'>;

const STOPPED = { wanted: 'stopped', fresh: false, dropTarget: false, force: [] } as const;

/**
 * The list of jobs, in the database `millrace`: `console` writes it, the other services look at it. What a job is and how far
 * it has come is in its own state database; here is only that it is there, and whether it should run.
 */
export class JobRegistry {
  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
  ) {}

  list(): Promise<RegisteredJob[]> {
    return this.store.read.range<RegisteredJob>(JOBS, {}, { limit: 10_000 });
  }

  async get(name: string): Promise<RegisteredJob> {
    const job = await this.find(name);
    if (job === undefined) throw new MillraceError(REGISTRY_ERRORS.JOB_NOT_REGISTERED, `there is no job ${name} here`);
    return job;
  }

  find(name: string): Promise<RegisteredJob | undefined> {
    return this.store.read.byId<RegisteredJob>(JOBS, name);
  }

  /** Of a file that was found valid; it does not run before somebody asks. The same file again is no error. */
  async create(name: string, file: { text: string; fileName: string }, by: string): Promise<RegisteredJob> {
    const at = this.now();
    const job: RegisteredJob = {
      _id: name,
      file: file.text,
      fileName: file.fileName,
      createdAt: at,
      createdBy: by,
      changedAt: at,
      asked: { number: at.getTime(), ...STOPPED },
      ended: null,
    };
    const present = await this.find(name);
    if (present === undefined) {
      await this.store.write.insert(JOBS, [job]);
      return job;
    }
    if (present.file !== file.text)
      throw new MillraceError(REGISTRY_ERRORS.JOB_EXISTS, `a job ${name} with another file is here already`);
    return present;
  }

  /** Another file for a job that is here: the next run is of it. */
  async replaceFile(name: string, file: { text: string; fileName: string }): Promise<void> {
    const set = { file: file.text, fileName: file.fileName, changedAt: this.now() };
    await this.patched(name, { set });
  }

  async run(
    name: string,
    options: Partial<Pick<Asked, 'fresh' | 'dropTarget' | 'force'>> = {},
  ): Promise<RegisteredJob> {
    const { fresh = false, dropTarget = false, force = [] } = options;
    const set = {
      'asked.wanted': 'running',
      'asked.fresh': fresh,
      'asked.dropTarget': dropTarget,
      'asked.force': force,
      changedAt: this.now(),
    };
    return this.patched(name, { set, inc: { 'asked.number': 1 } });
  }

  async stop(name: string): Promise<RegisteredJob> {
    return this.patched(name, {
      set: { 'asked.wanted': 'stopped', changedAt: this.now() },
      inc: { 'asked.number': 1 },
    });
  }

  /** What was asked has begun, as the list shows it; what counts is the job's record, which has the number of the asking. */
  async begun(name: string, number: number): Promise<void> {
    const where = { 'asked.number': number };
    const set = { 'asked.fresh': false, 'asked.dropTarget': false };
    await this.store.write.patch(JOBS, name, { where, set });
  }

  /**
   * The run of what was `taken` has ended: that, and what was asked since which it did as well. What was asked since of another
   * kind is begun next; what had ended before stays as it ended.
   */
  async end(name: string, taken: Taken, how: Pick<Ended, 'kind' | 'error'>): Promise<void> {
    for (;;) {
      const job = await this.find(name);
      if (job === undefined) return;
      const number = isDone(taken, job, how.kind) ? job.asked.number : taken.asked.number;
      if (job.ended !== null && !isAfter(job.ended, { ...how, number })) return;
      const where = { 'asked.number': job.asked.number };
      const set = { ended: { ...how, number, at: this.now() } };
      if ((await this.store.write.patch(JOBS, name, { where, set })) !== undefined) return;
    }
  }

  async remove(name: string): Promise<void> {
    await this.store.write.remove(JOBS, [name]);
  }

  private async patched(
    name: string,
    patch: { set: Record<string, unknown>; inc?: Record<string, number> },
  ): Promise<RegisteredJob> {
    const job = await this.store.write.patch<RegisteredJob>(JOBS, name, patch);
    if (job === undefined) throw new MillraceError(REGISTRY_ERRORS.JOB_NOT_REGISTERED, `there is no job ${name} here`);
    return job;
  }
}

/** Whether the run of what was `taken` does what is asked now, too. The job may have been looked at before it was taken. */
export function goesOnWith(taken: Asked, { asked }: Pick<RegisteredJob, 'asked'>): boolean {
  if (asked.number <= taken.number) return asked.number < taken.number || asked.wanted === 'running';
  return asked.wanted === 'running' && !asked.fresh && !asked.dropTarget;
}

/** Whether what is asked now has come to its end with the run of what was `taken`: one that was refused may go with more force. */
function isDone(taken: Taken, job: RegisteredJob, kind: Ended['kind']): boolean {
  if (!goesOnWith(taken.asked, job) || job.file !== taken.file) return false;
  return kind !== 'refused' || job.asked.force.every((code) => taken.asked.force.includes(code));
}

/** Of one asking a failure comes after nothing; that nothing is left of the job comes after all else. */
function isAfter(before: Ended, { number, kind }: Pick<Ended, 'number' | 'kind'>): boolean {
  if (number !== before.number) return number > before.number;
  return kind === 'completed' && before.kind !== 'completed';
}

/** Whether an ingest should run it now: it is wanted, and was not ended since it was asked. */
export function shouldRun({ asked, ended }: RegisteredJob): boolean {
  return asked.wanted === 'running' && ended?.number !== asked.number;
}
