import type { LoadedJobFile } from '#compose';
import type { JobCommands, JobDeps, JobTimers } from '#job';
import type { Logger } from '#observability';
import type { Redactor } from '#observability/redaction';
import type { JobAudit, JobRegistry, Troubles } from '#registry';
import type { Tokens } from './auth/tokens.js';

export interface JobText {
  file: string;
  fileName: string;
}

/** What the console is made of. */
export interface ConsoleParts {
  /** The list of jobs, opened when it is first needed: the console may be there before its MongoDB is. */
  list(): Promise<{ registry: JobRegistry; audit: JobAudit; troubles: Troubles }>;
  /** Reads and validates a job file with the environment of the console. */
  readJob(text: JobText): Promise<LoadedJobFile>;
  openJob(loaded: LoadedJobFile, parts: Pick<JobDeps, 'onEvent' | 'onCompleted'>): JobCommands;
  tokens: Tokens;
  timers: JobTimers;
  redactor: Redactor;
  logger: Logger;
}

export const PARTS = Symbol('console parts');
