import type { MillraceError } from '#errors';
import type { Log } from '#log';
import type { Assembler, Evaluator, JobFile, Positions } from '#mapping';
import type { Plan } from '#model';
import type { Source } from '#sources';
import type { Store, StoreDescription } from '#store';
import type { JobEvent } from './commands.js';
import type { LeaseWatch } from './lease.js';
import type { JobTimers } from './patience.js';
import type { Role, Rooms } from './river.js';
import type { Tuning } from './tuning.js';

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
  /** Told now and then how many messages wait in each topic. */
  onBacklog?(waiting: Readonly<Record<string, number>>): void;
}
