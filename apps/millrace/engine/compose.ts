import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '#config';
import { makeRetryQueue } from '#dead-letter';
import { makeIngest } from '#ingest';
import type { JobDeps, JobEvent, JobTimers, Rooms, Tuning } from '#job';
import { EmbeddedLog } from '#log/embedded';
import { compileAssembler, Sandbox } from '#mapping';
import { CAPTURE_DEFAULTS, createPostgresSource } from '#sources/postgres';
import { makeTransform } from '#transform';
import { makeWrite } from '#write';
import { openMongoStore, targetProblem } from '#store/mongodb';
import type { LoadedJobFile } from '../job-file.js';
import { targetTrouble } from './target-trouble.js';

/** One process: the embedded log between the actors, PostgreSQL and MongoDB at its ends, the real clock. */
export function composeJob(
  { jobFile, positions }: LoadedJobFile,
  settings: Settings,
  onEvent: (event: JobEvent) => void,
  rooms: Rooms = ROOMS,
): JobDeps {
  return {
    rooms,
    jobFile,
    positions,
    openSource: async () =>
      createPostgresSource(jobFile.source.uri, {
        job: jobFile.job,
        // What is decoded and not taken yet is no batch of its own beyond the bound.
        capture: { queueMaxBytes: Math.min(CAPTURE_DEFAULTS.queueMaxBytes, settings.captureInFlightBytes) },
      }),
    openStore: (onRetry) =>
      openMongoStore({
        uri: jobFile.target.uri,
        stateDatabase: `millrace_${jobFile.job}`,
        targetDatabase: jobFile.target.database,
        appName: `millrace ${jobFile.job}`,
        onRetry: targetTrouble(onRetry),
      }),
    targetProblem,
    makeLog: () => new EmbeddedLog(),
    makeEvaluator: (plan) => Sandbox.create(plan),
    makeAssembler: compileAssembler,
    timers: TIMERS,
    tuning: tuningOf(settings),
    onEvent,
  };
}

/** As the modules of the rooms provide them. */
const ROOMS: Rooms = { ingest: makeIngest, transform: makeTransform, write: makeWrite, deadLetter: makeRetryQueue };

const TIMERS: JobTimers = {
  now: () => Date.now(),
  wait: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  random: Math.random,
};

/** The settings have the engine's own names. */
function tuningOf(settings: Settings): Tuning {
  const { logLevel: _level, logFormat: _format, debug: _debug, ...tuning } = settings;
  return tuning;
}
