import { type Environment, jobEnvironment, type ServiceName, type ServiceSettings } from '#config';
import { composeJob, type LoadedJobFile, openJobStore, readJob, REAL_JOB_TIMERS, targetTrouble } from '#compose';
import { type JobDeps, type Role, type Rooms, runWorker } from '#job';
import type { Logger } from '#observability';
import type { Redactor } from '#observability/redaction';
import type { Metrics } from '#observability/metrics';
import type { Store } from '#store';
import { makeKafkaLog } from './adapters.js';
import { kafkaTrouble } from './kafka-trouble.js';
import { observerOf } from './observer.js';
import type { RiverStrategy } from './river-strategy.js';
import type { ServiceTroubles, TellTrouble } from './service-troubles.js';
import type { Seat } from './supervisor.js';
import { untilQuiet } from './until-quiet.js';

/** What a service has for all of its jobs. */
export interface ServiceParts {
  service: ServiceName;
  settings: ServiceSettings;
  /** Job files read their `${…}` from here, but for the service's own secrets. */
  env: Environment;
  redactor: Redactor;
  logger: Logger;
  metrics: Metrics;
}

/** One job of the list, as a service works for it. */
export interface JobInHand {
  loaded: LoadedJobFile;
  logger: Logger;
  deps: JobDeps;
  store: Store;
  /** Shown in the job's status while it lasts; `what` has it. */
  trouble(what: string): TellTrouble;
}

/** A worker tells what it waits out again and again, but not of all of it that it is over. */
const QUIET_MS = 60_000;

/** Reads the job's file and opens its target; closed whatever happens. */
export async function withJobInHand(
  seat: Seat,
  parts: ServiceParts & { troubles: ServiceTroubles },
  work: (job: JobInHand) => Promise<void>,
): Promise<void> {
  const { settings, env, redactor, service, troubles } = parts;
  const { file, fileName, _id: job } = seat.job;
  const loaded = await readJob(file, { fileName, env: jobEnvironment(env), redactor });
  const logger = parts.logger.child({ job });
  const trouble = (what: string): TellTrouble => troubles.of(job, what);
  const kafka = kafkaTrouble(trouble('Kafka'), REAL_JOB_TIMERS);
  const deps = composeJob(loaded, settings, () => undefined, {
    makeLog: () => makeKafkaLog(settings, { service, logger, onNotice: kafka.notice }),
    roles: [],
  });
  const store = await openObservedStore(loaded, { ...parts, logger }, trouble('target'));
  try {
    await work({ loaded, logger, deps, store, trouble });
  } finally {
    await store.close();
    kafka.stop();
  }
}

/** Does this part of the job's river, until the signal is raised. */
export function workAs(
  role: Role,
  job: JobInHand,
  parts: ServiceParts & { rooms: Rooms; strategy?: RiverStrategy },
  signal: AbortSignal,
): Promise<void> {
  const { strategy, metrics, rooms } = parts;
  const { deps, store, logger, trouble } = job;
  const logged = tell(logger);
  const shown = untilQuiet(trouble(role), deps.timers, QUIET_MS);
  return runWorker(
    {
      ...deps,
      rooms,
      store,
      roles: [role],
      observer: (plan) => observerOf(metrics, plan),
      onTrouble: (message) => {
        logged(message);
        shown.tell(message);
      },
      ...(strategy && { handlersOf: (owned, plan) => strategy.handlersOf(owned, plan) }),
    },
    signal,
  ).finally(() => shown.stop());
}

function openObservedStore(
  { jobFile }: LoadedJobFile,
  { metrics, logger }: Pick<ServiceParts, 'metrics' | 'logger'>,
  shown: TellTrouble,
): Promise<Store> {
  const retried = targetTrouble(tell(logger, shown));
  return openJobStore(jobFile, (label, error, attempt) => {
    metrics.conflicts.inc({ job: jobFile.job, topic: label });
    retried(label, error, attempt);
  });
}

/** Trouble is told when it begins, when it changes, and when it is over: to the log, and to whoever shows it. */
export function tell(logger: Logger, shown: TellTrouble = () => undefined): TellTrouble {
  let told: string | undefined;
  return (message) => {
    if (message === told) return;
    if (message !== undefined) logger.warn(`trouble, tried again: ${message}`);
    else logger.info('the trouble is over');
    told = message;
    shown(message);
  };
}
