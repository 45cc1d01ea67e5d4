import type { MillraceError } from '#errors';
import type { Log } from '#log';
import type { Assembler, Evaluator, JobFile, Positions } from '#mapping';
import type { Plan } from '#model';
import type { Source } from '#sources';
import type { Store, StoreDescription } from '#store';
import type { JobEvent, RunOptions } from './commands.js';
import type { LeaseWatch } from './lease.js';
import type { JobTimers } from './patience.js';
import type { Role, Rooms } from './river.js';
import type { Tuning } from './tuning.js';

/** What was asked of a job in a list of jobs. */
export interface AskedRun {
  /** Counts up with each asking. */
  number: number;
  options: Pick<RunOptions, 'fresh' | 'dropTarget' | 'force'>;
}

/** What a job is made of, by whoever composes it: adapters behind their ports, and the outside world. */
export interface JobDeps {
  jobFile: JobFile;
  positions: Positions;
  rooms: Rooms;
  /** What the process that runs the job does itself: everything where absent. */
  roles?: readonly Role[];
  /** Of a process that stood by before. */
  leaseWatch?: LeaseWatch;
  openSource(): Promise<Source>;
  /** The target, with the state database of this job. */
  openStore(onRetry: (message: string | undefined) => void): Promise<Store>;
  targetProblem(description: StoreDescription): MillraceError | undefined;
  makeLog(): Log;
  makeEvaluator(plan: Plan): Promise<Evaluator>;
  makeAssembler(plan: Plan): Assembler;
  timers: JobTimers;
  tuning: Tuning;
  onEvent: (event: JobEvent) => void;
  /**
   * Of a job in a list: what is asked there now; undefined where nothing is, or where it has ended. Looked at under the job's
   * lease: who waited for that may have been asked long ago. The record keeps the number, so that each asking is begun once.
   */
  takeAsked?(): Promise<AskedRun | undefined>;
  /** The job is completed, and its last is about to go, under its lease: who waits for that is not to begin it anew. */
  onCompleted?(): Promise<void>;
  /** Told now and then how many messages wait in each topic. */
  onBacklog?(waiting: Readonly<Record<string, number>>): void;
}
