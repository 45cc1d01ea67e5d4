import { randomUUID } from 'node:crypto';
import { REAL_JOB_TIMERS, ROOMS } from '#compose';
import type { Role, Rooms } from '#job';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { openRegistryStore } from './adapters.js';
import { JobsList } from './jobs-list.js';
import { RiverStrategy } from './river-strategy.js';
import type { ServiceDefinition } from './run-service.js';
import { ServiceTroubles } from './service-troubles.js';
import { type Seat, Supervisor, WORK } from './supervisor.js';
import { type JobInHand, type ServiceParts, withJobInHand, workAs } from './work.js';

export interface WorkerService {
  role: Role;
  /** Has the controllers of the topics, and the room. */
  module: Type;
  /** Which of the rooms the module provides, for this job. */
  rooms(application: INestApplicationContext, strategy: RiverStrategy, job: JobInHand): Partial<Rooms>;
  /** Done for each job beside its part of the river. */
  beside?(job: BesideParts, signal: AbortSignal): Promise<void>;
}

export interface BesideParts {
  seat: Seat;
  job: JobInHand;
  list: JobsList;
}

/** Work that goes on for so long goes well. */
const WELL_MS = 10_000;

/** A service that does its part of every job on the list. */
export function workerService(
  parts: ServiceParts,
  { role, module, rooms: roomsOf, beside }: WorkerService,
): ServiceDefinition & { strategy: RiverStrategy } {
  const { settings, logger, metrics } = parts;
  const list = new JobsList(() => openRegistryStore(settings));
  const troubles = troublesOf(parts, list);
  let roomsFor = (_strategy: RiverStrategy, _job: JobInHand): Rooms => ROOMS;
  const make = (strategy: RiverStrategy): Supervisor => {
    const work = (seat: Seat, signal: AbortSignal): Promise<void> =>
      withJobInHand(seat, { ...parts, troubles }, (job) =>
        together(signal, [
          (stop) => workAs(role, job, { ...parts, rooms: roomsFor(strategy, job), strategy }, stop),
          (stop) => tellWell(job, stop),
          ...(beside ? [(stop: AbortSignal) => beside({ seat, job, list }, stop)] : []),
        ]),
      );
    troubles.start();
    return new Supervisor({ jobs: list, work, troubles, timers: REAL_JOB_TIMERS, logger });
  };
  const onClosed = async (): Promise<void> => {
    await troubles.stop();
    await list.close();
  };
  const strategy = new RiverStrategy(make, { metrics, logger, onClosed });
  return {
    module,
    strategy,
    readiness: strategy,
    prepare: (application) => {
      roomsFor = (river, job) => ({ ...ROOMS, ...roomsOf(application, river, job) });
    },
  };
}

function troublesOf({ service, redactor, logger }: ServiceParts, list: JobsList): ServiceTroubles {
  const open = async () => (await list.open()).troubles;
  return new ServiceTroubles({
    open,
    service,
    process: randomUUID(),
    timers: REAL_JOB_TIMERS,
    redactor,
    logger,
  });
}

async function tellWell({ deps, trouble }: JobInHand, stop: AbortSignal): Promise<void> {
  await deps.timers.wait(WELL_MS, stop).catch(() => undefined);
  if (!stop.aborted) trouble(WORK)(undefined);
}

/** Side by side; where one fails the others are stopped, and waited for. */
async function together(
  signal: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const working = works.map((work) =>
    work(stop).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const ended = await Promise.allSettled(working);
  const failure = ended.find((each) => each.status === 'rejected' && each.reason === failed.signal.reason);
  if (failure?.status === 'rejected') throw failure.reason;
}
