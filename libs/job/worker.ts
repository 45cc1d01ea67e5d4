import { MillraceError } from '#errors';
import type { Log } from '#log';
import type { Assembler, Evaluator } from '#mapping';
import type { Plan } from '#model';
import { IncarnationNames } from '#stage';
import { FenceMissing, type Store } from '#store';
import { type JobRecord, JobState } from './job-record.js';
import { RowsOwner } from './owner.js';
import type { JobTimers } from './patience.js';
import { type Handlers, handlersOf, type River, type Role, type Rooms } from './river.js';
import { RiverConsumers } from './river-consumers.js';
import type { Tuning } from './tuning.js';

export interface WorkerDeps {
  rooms: Pick<Rooms, 'transform' | 'write'>;
  roles: readonly Exclude<Role, 'ingest'>[];
  /** With the state database of the job. */
  store: Store;
  makeLog(): Log;
  makeEvaluator(plan: Plan): Promise<Evaluator>;
  makeAssembler(plan: Plan): Assembler;
  timers: JobTimers;
  tuning: Tuning;
}

const LOOK_MS = 500;
const TRIM_MS = 2_000;
const STOP_MS = 5_000;
const AT_WORK: readonly JobRecord['phase'][] = ['loading', 'building', 'streaming', 'paused', 'completing'];

/**
 * Owns rows, or documents, of one job in a process that does not run it: of its present incarnation, for as long as there is
 * one, and then of the next. Who runs the job has its lease; here are only partitions, as the log gives them, and their
 * fences tell a former incarnation's owner that it is over. Resolves when the signal is raised.
 */
export async function runWorker(deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const record = await JobState.load(deps.store);
    if (record !== undefined && AT_WORK.includes(record.phase)) await workFor(record, deps, signal);
    await deps.timers.wait(LOOK_MS, signal).catch(() => undefined);
  }
}

async function workFor(record: JobRecord, deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  const worker = await Worker.make(record, deps);
  try {
    worker.start();
    while (!signal.aborted && (await isPresent(record, deps.store))) {
      await Promise.race([worker.failed, deps.timers.wait(LOOK_MS, signal).catch(() => undefined)]);
    }
  } catch (error) {
    if (!isOver(error)) throw error;
  } finally {
    await worker.stop();
  }
}

async function isPresent({ incarnation }: JobRecord, store: Store): Promise<boolean> {
  const record = await JobState.load(store);
  return record !== undefined && record.incarnation === incarnation && AT_WORK.includes(record.phase);
}

/** Its fences are gone, or its topics: what comes next is another incarnation's. */
function isOver(error: unknown): boolean {
  return error instanceof FenceMissing || (error instanceof MillraceError && error.code === 'LOG_TOPIC_MISSING');
}

class Worker {
  readonly failed: Promise<never>;
  private fail!: (error: unknown) => void;
  private readonly log: Log;
  private readonly consumers: RiverConsumers;
  private readonly stopping = new AbortController();
  private readonly owner: RowsOwner | undefined;
  private readonly handlers: Partial<Handlers>;
  private readonly fanOut: River['fanOut'] | undefined;
  private trimming: Promise<void> = Promise.resolve();

  static async make(record: JobRecord, deps: WorkerDeps): Promise<Worker> {
    return new Worker(record, deps, await deps.makeEvaluator(record.plan));
  }

  private constructor(
    { plan, incarnation, partitions }: JobRecord,
    private readonly deps: WorkerDeps,
    evaluator: Evaluator,
  ) {
    const { rooms, roles, store, timers, tuning } = deps;
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => undefined);
    const { fail } = this;
    this.log = deps.makeLog();
    const names = new IncarnationNames(incarnation);
    const common = { plan, names, partitions, store, log: this.log, tuning, timers };
    this.consumers = new RiverConsumers(common, fail);
    const transform = roles.includes('transform')
      ? rooms.transform({ ...common, evaluator, onBuilt: () => undefined, onFailure: fail })
      : undefined;
    const write = roles.includes('write')
      ? rooms.write({
          ...common,
          assembler: deps.makeAssembler(plan),
          rootsPerTransaction: tuning.rootsPerTransaction,
          now: () => timers.now(),
          // The letters say when; who runs the job looks after them.
          retry: () => undefined,
          onLetters: () => undefined,
          onTouched: () => undefined,
        })
      : undefined;
    this.owner = transform && new RowsOwner(transform, fail);
    this.handlers = handlersOf({ transform, write });
    this.fanOut = transform?.fanOut;
  }

  /** The topics may not be there yet, or not any more: it is not waited for. */
  start(): void {
    this.consumers.start(this.handlers, (partitions) => this.owner?.own(partitions)).catch(this.fail);
    if (this.owner) this.trimming = this.trim(this.owner);
  }

  async stop(): Promise<void> {
    this.fanOut?.stop();
    await this.consumers.stop(STOP_MS);
    this.stopping.abort(new Error('the worker stops'));
    await this.trimming;
    await this.log.close();
  }

  private async trim(owner: RowsOwner): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      await this.deps.timers.wait(TRIM_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      // What is over, or was taken over, shows where batches are handled.
      await owner.trim(signal).catch(() => undefined);
    }
  }
}
