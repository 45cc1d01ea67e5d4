import { MillraceError } from '#errors';
import { SchemaStops } from '#ingest';
import type { Log } from '#log';
import type { Position, RowsRecord } from '#model';
import type { CaptureHealth, Source } from '#sources';
import { FenceMissing } from '#store';
import { CaptureGuard } from './capture-guard.js';
import { JOB_ERRORS } from './job.codes.js';
import type { HeldLease } from './lease.js';
import { LetterSchedule } from './letter-schedule.js';
import { RowsOwner } from './owner.js';
import type { JobTimers, Patience } from './patience.js';
import { RecurringWork } from './recurring-work.js';
import { handlersOf, makeRiver, type River, type RiverParts, type Role } from './river.js';
import { type MadeTopics, RiverConsumers } from './river-consumers.js';
import { VisibleChanges } from './visible-changes.js';
import { UnseenTransactions } from './unseen-transactions.js';

export interface EngineOptions {
  maxRetainedBytes: number;
  lease: HeldLease;
  onHealth: (health: CaptureHealth) => void;
  /** Before each connection of the capture: throws where the source is not the one that positions speak of. */
  onConnect: () => Promise<void>;
  /** Whether the topics of this incarnation were made before, and where to keep that they are. */
  topics: MadeTopics;
  /** Told now and then how many messages wait in each topic. */
  onBacklog: ((waiting: Readonly<Record<string, number>>) => void) | undefined;
}

const TRIM_MS = 2_000;
const HEALTH_MS = 5_000;
const REREAD_MS = 250;
const REFILL_MS = 10_000;
/** Where other processes write letters, so often what is due is looked for. */
const LETTERS_MS = 2_000;
const BACKLOG_MS = 5_000;
const STOP_MS = 5_000;

/**
 * Runs the river of one incarnation in this process: consumers, capture, re-reads, retries, the guard of the source's
 * retention. Whatever fails for good ends up in `failed`; nothing goes on by itself after that.
 */
export class Engine {
  readonly river: River;
  /** Rejects when something failed for good; never resolves. */
  readonly failed: Promise<never>;
  private fail!: (error: unknown) => void;
  private readonly consumers: RiverConsumers;
  private readonly stopping = new AbortController();
  private readonly recurring: RecurringWork;
  private captureStop: AbortController | undefined;
  private capturing: Promise<void> = Promise.resolve();
  private pausedAt: number | undefined;
  private readonly unseen: UnseenTransactions;
  private readonly owner: RowsOwner;
  private readonly letters: LetterSchedule;
  private readonly has: (role: Role) => boolean;
  /** Where changes become visible elsewhere. */
  private readonly visibleChanges: VisibleChanges | undefined;

  private readonly source: Source;
  private readonly log: Log;
  private readonly timers: JobTimers;
  private readonly patience: Patience;

  constructor(
    private readonly parts: Omit<RiverParts, 'onFailure' | 'onCommit'>,
    private readonly options: EngineOptions,
  ) {
    ({ source: this.source, log: this.log, timers: this.timers, patience: this.patience } = parts);
    this.failed = new Promise((_, reject) => {
      this.fail = (error) => reject(error instanceof FenceMissing ? incarnationOver(error) : error);
    });
    this.failed.catch(() => undefined);
    this.recurring = new RecurringWork(this.timers, this.stopping.signal, (error) => this.fail(error));
    this.unseen = new UnseenTransactions(parts.source);
    this.consumers = new RiverConsumers(parts, (error) => this.fail(error));
    this.has = (role) => parts.roles.includes(role);
    this.river = makeRiver({
      ...parts,
      onFailure: (error) => this.fail(error),
      onCaptured: (changes) => {
        this.unseen.captured(changes);
        parts.onCaptured(changes);
      },
      onCommit: (committedAtMs) => {
        this.visibleChanges?.committed(committedAtMs);
      },
    });
    if (!this.has('transform') || !this.has('write')) this.visibleChanges = this.watchVisible();
    this.owner = new RowsOwner(this.river, (error) => this.fail(error));
    this.letters = new LetterSchedule(parts.store, parts.names, this.river.retries);
  }

  /** Begins to consume. What a former run left (fan-outs, letters to retry) is taken up; paused, nothing is read. */
  async start(paused = false): Promise<void> {
    this.pausedAt = paused ? this.timers.now() : undefined;
    const having = (role: Role): River | undefined => (this.has(role) ? this.river : undefined);
    const [ingest, transform, write] = [having('ingest'), having('transform'), having('write')];
    await this.consumers.create(this.options.topics, () => this.isOver());
    await this.consumers.start(handlersOf({ ingest, transform, write }), { rows: (mine) => this.owner.own(mine) });
    await this.owner.ready();
    if (this.has('dead-letter')) await this.retryLetters();
    this.recurring.every(TRIM_MS, () => this.owner.lookAfter(this.stopping.signal));
    const { onBacklog } = this.options;
    if (onBacklog) this.recurring.every(BACKLOG_MS, async () => onBacklog(await this.consumers.waiting()));
    if (paused) this.consumers.holdTasks();
    const { signal } = this.stopping;
    this.visibleChanges?.follow(signal).catch((error: unknown) => {
      if (!signal.aborted) this.fail(error);
    });
    if (this.parts.capture !== null) {
      if (!paused) this.follow();
      this.recurring.every(REREAD_MS, () => this.reread());
      const guard = new CaptureGuard(this.source, this.parts.capture, this.patience, this.options);
      this.recurring.every(HEALTH_MS, () => guard.look(this.pausedAt !== undefined, () => this.hold()));
    }
  }

  /** Resolves when everything that was taken in is written, or the deadline is over; nothing is lost either way. */
  async stop(): Promise<void> {
    this.captureStop?.abort(new Error('the job stops'));
    this.river.captureInFlight.abort(new Error('the job stops'));
    await this.hold();
    this.river.markers?.close(new Error('the job stops'));
    await this.river.retries.stop();
    this.river.fanOut.stop();
    await this.consumers.stop(STOP_MS);
    this.stopping.abort(new Error('the job stops'));
    this.river.loadInFlight.abort(this.stopping.signal.reason);
    await Promise.race([this.recurring.ended(), this.timers.wait(1_000)]);
    await this.log.close();
  }

  /** Stops the capture; what it has appended goes on to be written. Retention is still guarded. */
  async hold(): Promise<void> {
    this.captureStop?.abort(new Error('the job holds'));
    await this.capturing;
  }

  follow(): void {
    const stop = new AbortController();
    this.captureStop = stop;
    this.capturing = this.captureLoop(stop.signal);
  }

  /** Nothing more is read from the source; what was read goes on to be written. */
  async pause(): Promise<void> {
    if (this.pausedAt !== undefined) return;
    this.consumers.holdTasks();
    await this.hold();
    this.pausedAt = this.timers.now();
  }

  resume(): void {
    if (this.pausedAt === undefined) return;
    this.pausedAt = undefined;
    this.consumers.releaseTasks();
    if (this.parts.capture !== null) this.follow();
  }

  /** Ends the job for this reason, as a failure would. */
  end(reason: unknown): void {
    this.fail(reason);
  }

  /**
   * Resolves when a marker written now has come back, everything appended before it is staged, what was to be read again is,
   * no task and no due retry is left, and everything that was touched meanwhile is written.
   */
  async drained(signal: AbortSignal): Promise<void> {
    const { capture, markers, reread, fanOut, retries } = this.river;
    if (capture !== undefined && markers !== undefined) {
      let settled: Promise<unknown> = Promise.resolve();
      await this.orFailed(
        markers.write(() => {
          settled = capture.settled();
          return [];
        }),
      );
      await this.orFailed(settled);
    }
    await this.orFailed(this.consumers.completed('rows', signal));
    if (reread !== undefined) {
      await this.orFailed(reread.answered((ms) => this.timers.wait(ms, signal)));
      await this.orFailed(this.consumers.completed('rows', signal));
    }
    await this.orFailed(fanOut.settled(() => this.timers.wait(50, signal)));
    // What a retry writes may make another one due: a claim that became free.
    do {
      while (!(await retries.idle())) await this.orFailed(this.timers.wait(50, signal));
      await this.orFailed(this.consumers.completed('touches', signal));
      if (!this.has('write') || !this.has('dead-letter')) await this.orFailed(this.letters.fill(this.timers.now()));
    } while (!(await retries.idle()));
  }

  /** A marker that has come back, and everything in the log up to it visible to every later read. */
  async visible(signal: AbortSignal): Promise<Position> {
    const position = await this.orFailed(this.marker());
    await this.orFailed(this.unseen.wait((ms) => this.timers.wait(ms, signal)));
    return position;
  }

  async appendAtMarker(records: readonly Extract<RowsRecord, { key: string }>[]): Promise<void> {
    const appends: Promise<void>[] = [];
    const { markers, packer } = this.river;
    if (markers === undefined)
      throw new MillraceError(JOB_ERRORS.SNAPSHOT_HAS_NO_CAPTURE, 'a snapshot job cannot be repaired row by row');
    await this.orFailed(
      markers.write(() => {
        for (const record of records) appends.push(packer.appendRow(record));
        return appends;
      }),
    );
    await this.orFailed(Promise.all(appends));
  }

  /** Everything that the load staged is before this in every partition. Resolves when the barriers have been passed. */
  async barrier(signal: AbortSignal): Promise<void> {
    const { markers, packer } = this.river;
    const append = () => packer.appendToAll({ kind: 'barrier', bytes: 16 });
    let barriers: Promise<void>[] = [];
    if (markers === undefined) barriers = append();
    else
      await this.orFailed(
        markers.write(() => {
          barriers = append();
          return barriers;
        }),
      );
    await this.orFailed(Promise.all(barriers));
    await this.orFailed(this.consumers.completed('rows', signal));
  }

  /** Every chunk that was handed out is read, and its rows can no longer be lost. */
  loaded(signal: AbortSignal): Promise<void> {
    return this.orFailed(this.consumers.completed('load-tasks', signal));
  }

  /** Every range that was handed out is touched, and every touch is written. */
  async built(signal: AbortSignal): Promise<void> {
    await this.orFailed(this.consumers.completed('build-tasks', signal));
    await this.written(signal);
  }

  /** All rows that were appended are staged, and all that they and others have touched is written. */
  async written(signal: AbortSignal): Promise<void> {
    await this.orFailed(this.consumers.completed('rows', signal));
    await this.orFailed(this.consumers.completed('touches', signal));
  }

  /** Of a paused job: since it was paused, as what waits in the log is not known and may be as old. */
  lagMs(): number {
    const open = [this.river.capture?.oldestOpenMs(), this.visibleChanges?.oldestMs()].filter((ms) => ms !== undefined);
    const oldest = open.length > 0 ? Math.min(...open) : this.pausedAt;
    return oldest === undefined ? 0 : Math.max(0, this.timers.now() - oldest);
  }

  orFailed<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.failed]);
  }

  private async retryLetters(): Promise<void> {
    await this.letters.fill();
    if (this.has('write')) this.recurring.every(REFILL_MS, () => this.letters.refill(this.timers.now() + REFILL_MS));
    else this.recurring.every(LETTERS_MS, () => this.letters.fill(this.timers.now() + LETTERS_MS));
  }

  private watchVisible(): VisibleChanges {
    const { timers, consumers } = this;
    return new VisibleChanges({
      now: () => timers.now(),
      wait: (ms, signal) => timers.wait(ms, signal),
      settled: async (signal) => {
        await this.river.capture?.settled();
        await consumers.completed('rows', signal);
        await consumers.completed('touches', signal);
      },
    });
  }

  private marker(): Promise<Position> {
    const { markers } = this.river;
    if (markers === undefined)
      throw new MillraceError(JOB_ERRORS.SNAPSHOT_HAS_NO_CAPTURE, 'a snapshot job has no markers');
    return markers.write();
  }

  private async captureLoop(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const begun = this.timers.now();
      try {
        await this.options.onConnect();
        await this.river.capture?.follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof MillraceError) || !error.retriable) return this.fail(captureFailure(error));
        if (this.timers.now() - begun > 10_000) attempt = 0;
        await this.patience.waitOut(error, attempt, () => this.source.identity(), signal);
      }
    }
  }

  /** Its fences go before its topics do. */
  private async isOver(): Promise<boolean> {
    const { store, names } = this.parts;
    return (await store.read.byId(names.fences, names.rowsFence(0))) === undefined;
  }

  private async reread(): Promise<void> {
    const { reread } = this.river;
    const wait = (ms: number) => this.timers.wait(ms, this.stopping.signal);
    while (reread !== undefined && (await this.orFailed(reread.round(wait))) > 0);
  }
}

function incarnationOver(cause: FenceMissing): MillraceError {
  const message = 'the fences of this load are gone: the job was loaded anew, completed or reset meanwhile';
  return new MillraceError(JOB_ERRORS.JOB_TAKEN_OVER, message, { cause });
}

function captureFailure(error: unknown): unknown {
  if (!(error instanceof SchemaStops)) return error;
  return new MillraceError(JOB_ERRORS.SCHEMA_CHANGED, error.message);
}
