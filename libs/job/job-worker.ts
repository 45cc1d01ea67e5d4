import type { RetryQueue } from '#dead-letter';
import type { Ingest } from '#ingest';
import { type Log, within } from '#log';
import type { Assembler, Evaluator } from '#mapping';
import type { Plan } from '#model';
import type { Source } from '#sources';
import { type AsHolder, IncarnationNames } from '#stage';
import type { Store } from '#store';
import { Toucher, type Transform } from '#transform';
import type { Write, WriteParts } from '#write';
import type { JobRecord } from './job-record.js';
import { LetterSchedule } from './letter-schedule.js';
import { RowsOwner } from './owner.js';
import { type JobTimers, Patience } from './patience.js';
import { RecurringWork } from './recurring-work.js';
import { type Handlers, handlersOf, makeRetries, type Owned, type Role, type Rooms } from './river.js';
import { RiverConsumers } from './river-consumers.js';
import type { Tuning } from './tuning.js';

export interface WorkerDeps {
  rooms: Rooms;
  roles: readonly Role[];
  /** With the state database of the job. */
  store: Store;
  makeLog(): Log;
  makeEvaluator(plan: Plan): Promise<Evaluator>;
  makeAssembler(plan: Plan): Assembler;
  /** For the role `ingest`. */
  openSource?(): Promise<Source>;
  timers: JobTimers;
  tuning: Tuning;
  /** What consumes the topics, made of the parts that are here; as `handlersOf` where absent. */
  handlersOf?(owned: Owned, plan: Plan): Partial<Handlers>;
  observer?(plan: Plan): WorkerObserver;
  /** Transient trouble that is being retried now; undefined when it is over. */
  onTrouble?(message: string | undefined): void;
}

/** Told what was done, for metrics. */
export interface WorkerObserver {
  /** Rows of the load that were read. */
  loaded(table: number, rows: number): void;
  written: NonNullable<WriteParts['onWritten']>;
}

const TRIM_MS = 2_000;
const LETTERS_MS = 2_000;
/** So long letters that were put into the queue are taken to be there. */
const KNOWN_MS = 60_000;
const ROOM_LOOK_MS = 500;
/** Messages of rows, of 900 KiB each at most, and mostly so while a load runs: with more on their way no chunk is begun. */
const MOST_WAITING = 500;
const ROWS_UNCOMPLETED = 3;
const STOP_MS = 5_000;
/** Of a transaction whose owner was silent for longer than that, nothing will come. */
const ABANDONED_MS = 3_000;

/** It carries out what whoever holds the job has planned. */
const AS_NOBODY: AsHolder = () => Promise.reject(new Error('a worker plans nothing'));

/** The parts of one incarnation that a process does which does not run the job. */
export class JobWorker {
  readonly failed: Promise<never>;
  private fail!: (error: unknown) => void;
  private readonly log: Log;
  private readonly consumers: RiverConsumers;
  private readonly stopping = new AbortController();
  private readonly names: IncarnationNames;
  private readonly handlers: Partial<Handlers>;
  private ingest: Ingest | undefined;
  private transform: Transform | undefined;
  private owner: RowsOwner | undefined;
  private retries: RetryQueue | undefined;
  private readonly recurring: RecurringWork;
  private held = false;

  static async make(record: JobRecord, deps: WorkerDeps): Promise<JobWorker> {
    const evaluator = deps.roles.includes('transform') ? await deps.makeEvaluator(record.plan) : undefined;
    const source = deps.roles.includes('ingest') ? await deps.openSource?.() : undefined;
    return new JobWorker(record, deps, { evaluator, source });
  }

  private constructor(
    private readonly record: JobRecord,
    private readonly deps: WorkerDeps,
    private readonly opened: { evaluator: Evaluator | undefined; source: Source | undefined },
  ) {
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => undefined);
    this.recurring = new RecurringWork(deps.timers, this.stopping.signal, this.fail);
    this.log = deps.makeLog();
    this.names = new IncarnationNames(record);
    this.consumers = new RiverConsumers({ ...this.common(), rowsUncompleted: ROWS_UNCOMPLETED }, this.fail);
    const { source, evaluator } = opened;
    if (source) this.ingest = this.makeIngest(source);
    if (evaluator) this.transform = this.makeTransform(evaluator);
    this.owner = this.transform && new RowsOwner(this.transform, this.fail);
    const write = deps.roles.includes('write') ? this.makeWrite() : undefined;
    if (deps.roles.includes('dead-letter')) this.retries = this.makeRetries();
    const owned = { ingest: this.ingest, transform: this.transform, write };
    this.handlers = (deps.handlersOf ?? handlersOf)(owned, record.plan);
  }

  /** The topics may not be there yet, or not any more: it is not waited for. */
  start(): void {
    const { owner, retries } = this;
    const onAssigned = {
      rows: (partitions: readonly number[]) => {
        owner?.own(partitions);
        this.takeOver(partitions);
      },
      touches: (partitions: readonly number[]) => this.takeOver(partitions),
    };
    const consuming = this.consumers.start(this.handlers, onAssigned).then(() => this.applyHold());
    consuming.catch(this.fail);
    // What is over, or was taken over, shows where batches are handled.
    const { signal } = this.stopping;
    if (owner) this.recurring.every(TRIM_MS, () => owner.lookAfter(signal).catch(() => undefined));
    if (retries) this.fill(retries);
  }

  /** No task is begun while an operator holds the job; rows and touches go on. */
  hold(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    this.applyHold();
  }

  async stop(): Promise<void> {
    this.transform?.fanOut.stop();
    await this.retries?.stop();
    await this.consumers.stop(STOP_MS);
    this.stopping.abort(new Error('the worker stops'));
    this.ingest?.loadInFlight.abort(this.stopping.signal.reason);
    // What waits for the log, which may be away, ends with it.
    await within(this.deps.timers, STOP_MS, this.recurring.ended());
    await this.log.close();
    await this.opened.source?.close();
  }

  private applyHold(): void {
    if (this.held) this.consumers.holdTasks();
    else this.consumers.releaseTasks();
  }

  /** A former owner that was killed may have left a transaction open, which holds their fences. */
  private takeOver(partitions: readonly number[]): void {
    if (partitions.length > 0) void this.deps.store.endAbandoned?.(ABANDONED_MS);
  }

  private common() {
    const { store, timers, tuning } = this.deps;
    const { plan, partitions } = this.record;
    return { plan, partitions, names: this.names, store, asHolder: AS_NOBODY, log: this.log, tuning, timers };
  }

  private makeIngest(source: Source): Ingest {
    const { rooms, timers, onTrouble, observer } = this.deps;
    const { record } = this;
    const patience = new Patience(timers, this.stopping.signal, (message) => onTrouble?.(message));
    const inSnapshot = record.plan.mode === 'snapshot' && record.loading;
    const observe = observer?.(record.plan);
    return rooms.ingest({
      ...this.common(),
      epoch: record.epoch,
      capture: null,
      rowsPartitions: record.partitions.rows,
      taskPartitions: record.partitions.tasks,
      source,
      room: (signal) => this.roomForRows(signal),
      snapshot: inSnapshot && record.snapshot ? { id: record.snapshot } : undefined,
      now: () => timers.now(),
      patiently: patience.patiently,
      onRows: (table, rows) => observe?.loaded(table, rows),
      onTableDone: () => undefined,
      onCaptured: () => undefined,
      onSchema: () => undefined,
    });
  }

  /** A log that keeps its records takes in what is read faster than it is staged; its disk is not without end. */
  private async roomForRows(signal: AbortSignal): Promise<void> {
    const { timers } = this.deps;
    while ((await this.consumers.waitingIn('rows')) > MOST_WAITING) await timers.wait(ROOM_LOOK_MS, signal);
  }

  private makeTransform(evaluator: Evaluator): Transform {
    const { fail } = this;
    return this.deps.rooms.transform({ ...this.common(), evaluator, onBuilt: () => undefined, onFailure: fail });
  }

  private makeWrite(): Write {
    const { rooms, makeAssembler, tuning, timers, observer } = this.deps;
    const observe = observer?.(this.record.plan);
    return rooms.write({
      ...this.common(),
      assembler: makeAssembler(this.record.plan),
      rootsPerTransaction: tuning.rootsPerTransaction,
      now: () => timers.now(),
      // The letters say when; who tries them again looks after them.
      retry: () => undefined,
      onLetters: () => undefined,
      onTouched: () => undefined,
      ...(observe && { onWritten: observe.written }),
    });
  }

  private makeRetries(): RetryQueue {
    const { plan, partitions } = this.record;
    const toucher = new Toucher(this.log, this.deps.store, this.names.topic(plan.job, 'touches'), partitions.touches);
    return makeRetries({ ...this.common(), rooms: this.deps.rooms, onFailure: this.fail }, toucher);
  }

  /** From the letters: those that are due soon, again and again, and all of them now and then, should the queue have lost some. */
  private fill(retries: RetryQueue): void {
    const { timers, store } = this.deps;
    const schedule = new LetterSchedule(store, this.names, retries, KNOWN_MS);
    this.recurring.every(LETTERS_MS, async () => {
      if (retries.lacks()) schedule.forget();
      await schedule.fill(timers.now() + 2 * LETTERS_MS);
    });
  }
}
