import { setTimeout as delay } from 'node:timers/promises';
import { makeRetryQueue } from '#dead-letter';
import { makeIngest } from '#ingest';
import { DEFAULT_TUNING, type JobDeps, type JobEvent, type JobTimers, type Rooms, type Tuning } from '#job';
import { EmbeddedLog } from '#log/embedded';
import { compileAssembler, type JobFile, Sandbox } from '#mapping';
import type { Store } from '#store';
import { CAPTURE_DEFAULTS, createPostgresSource } from '#sources/postgres';
import { makeTransform } from '#transform';
import { makeWrite } from '#write';
import { openMongoStore, targetProblem } from '#store/mongodb';
import type { LoadedJobFile } from './read-job.js';
import { type TargetRetry, targetTrouble } from './target-trouble.js';

/**
 * PostgreSQL and MongoDB at the ends, the real clock; between the actors the embedded log, as in one process, or what
 * `parts` has in its place.
 */
export function composeJob(
  { jobFile, positions }: LoadedJobFile,
  settings: Tuning,
  onEvent: (event: JobEvent) => void,
  parts: Partial<JobDeps> = {},
): JobDeps {
  return {
    rooms: ROOMS,
    jobFile,
    positions,
    openSource: async () =>
      createPostgresSource(jobFile.source.uri, {
        job: jobFile.job,
        // What is decoded and not taken yet is no batch of its own beyond the bound.
        capture: { queueMaxBytes: Math.min(CAPTURE_DEFAULTS.queueMaxBytes, settings.captureInFlightBytes) },
      }),
    openStore: (onTrouble) => openJobStore(jobFile, targetTrouble(onTrouble)),
    targetProblem,
    makeLog: () => new EmbeddedLog(),
    makeEvaluator: (plan) => Sandbox.create(plan),
    makeAssembler: compileAssembler,
    timers: REAL_JOB_TIMERS,
    tuning: tuningOf(settings),
    onEvent,
    ...parts,
  };
}

/** The target, with the state database of the job. */
export function openJobStore({ job, target }: JobFile, onRetry: TargetRetry): Promise<Store> {
  return openMongoStore({
    uri: target.uri,
    stateDatabase: `millrace_${job}`,
    targetDatabase: target.database,
    appName: `millrace ${job}`,
    onRetry,
  });
}

/** As the modules of the rooms provide them. */
export const ROOMS: Rooms = {
  ingest: makeIngest,
  transform: makeTransform,
  write: makeWrite,
  deadLetter: makeRetryQueue,
};

export const REAL_JOB_TIMERS: JobTimers = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  random: Math.random,
};

/** Of settings, which have the engine's own names among others. */
function tuningOf(settings: Tuning): Tuning {
  const names = Object.keys(DEFAULT_TUNING) as (keyof Tuning)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as unknown as Tuning;
}
