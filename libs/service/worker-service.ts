import { REAL_JOB_TIMERS, ROOMS } from '#compose';
import type { Role, Rooms } from '#job';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { openRegistryStore } from './adapters.js';
import { JobsList } from './jobs-list.js';
import { RiverStrategy } from './river-strategy.js';
import type { ServiceDefinition } from './run-service.js';
import { type Seat, Supervisor } from './supervisor.js';
import { type JobInHand, type ServiceParts, withJobInHand, workAs } from './work.js';

export interface WorkerService {
  role: Role;
  /** Has the controllers of the topics, and the room. */
  module: Type;
  /** Which of the rooms the module provides. */
  rooms(application: INestApplicationContext, strategy: RiverStrategy): Partial<Rooms>;
  /** Done for each job beside its part of the river. */
  beside?(job: BesideParts, signal: AbortSignal): Promise<void>;
}

export interface BesideParts {
  seat: Seat;
  job: JobInHand;
  list: JobsList;
}

/** A service that does its part of every job on the list. */
export function workerService(
  parts: ServiceParts,
  { role, module, rooms: roomsOf, beside }: WorkerService,
): ServiceDefinition & { strategy: RiverStrategy } {
  const { settings, logger, metrics } = parts;
  const list = new JobsList(() => openRegistryStore(settings));
  let rooms = ROOMS;
  const make = (strategy: RiverStrategy): Supervisor => {
    const work = (seat: Seat, signal: AbortSignal): Promise<void> =>
      withJobInHand(seat, parts, (job) =>
        together(signal, [
          (stop) => workAs(role, job, { ...parts, rooms, strategy }, stop),
          ...(beside ? [(stop: AbortSignal) => beside({ seat, job, list }, stop)] : []),
        ]),
      );
    return new Supervisor({ jobs: list, work, timers: REAL_JOB_TIMERS, logger });
  };
  const strategy = new RiverStrategy(make, { metrics, logger, onClosed: () => list.close() });
  return {
    module,
    strategy,
    readiness: strategy,
    prepare: (application) => {
      rooms = { ...ROOMS, ...roomsOf(application, strategy) };
    },
  };
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
