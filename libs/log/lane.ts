import type { BatchHandler, ConsumeOptions, LogRecord } from './log.js';
import type { Cursor, PartitionQueue } from './partition-queue.js';

/** Timers as far as the log needs them; passed in, so that a simulator can own them. */
export interface LogTimers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const REAL_TIMERS: LogTimers = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

interface HandedOver {
  end: Cursor;
  completed: boolean;
}

export interface LaneOwner {
  readonly options: ConsumeOptions;
  readonly handler: BatchHandler<LogRecord>;
  readonly signal: AbortSignal;
  readonly taking: boolean;
  readonly timers: LogTimers;
  fail(error: unknown): void;
}

/** A part of a record that is not whole yet, as the log on Kafka has them. */
const nothingToHandle = async () => ({ completed: Promise.resolve() });

/**
 * One partition as one consumer sees it. At most one batch is with the handler's outer promise, at most `maxUncompleted`
 * are handed over and not completed; what piles up meanwhile makes the next batch. The watermark moves over completed
 * batches from the oldest on, never past an open one.
 */
export class Lane {
  readonly #open: HandedOver[] = [];
  readonly #next: Cursor;
  #handing = false;
  #scheduled = false;
  #left = false;
  /** The next batch is not to begin yet, unless it is a full one. */
  #spacing: unknown;
  #takenBytes: number;
  #idle: (() => void)[] = [];

  constructor(
    private readonly owner: LaneOwner,
    private readonly partition: number,
    private readonly queue: PartitionQueue,
    /** The group's watermark; it outlives this consumer. */
    private readonly watermark: Cursor,
    private readonly moved: () => void,
  ) {
    this.#next = { ...watermark };
    this.#takenBytes = queue.hasMore(this.#next) ? 0 : queue.appendedBytes;
  }

  /** Looks for work after the running task: several appends of one task make one batch. */
  wake(): void {
    if (this.#scheduled || this.#handing) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#handOver();
    });
  }

  idle(): Promise<void> {
    if (!this.#handing && this.#open.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** From now on nothing that completes counts: the next consumer of the group sees those records again. */
  leave(): void {
    this.#left = true;
    if (this.#spacing !== undefined) this.owner.timers.clearTimeout(this.#spacing);
  }

  #handOver(): void {
    const { options, handler, signal, taking } = this.owner;
    if (this.#handing || this.#left || !taking || this.#open.length >= options.maxUncompleted) return;
    if (!this.queue.hasMore(this.#next)) return;
    if (this.#spacing !== undefined && this.queue.appendedBytes - this.#takenBytes < options.maxBytes) return;
    this.#space(options.spacingMs);
    const records = this.queue.take(this.#next, options.maxRecords, options.maxBytes);
    for (const record of records) this.#takenBytes += record.bytes;
    const batch: HandedOver = { end: { ...this.#next }, completed: false };
    this.#open.push(batch);
    this.#handing = true;
    const handle = (): ReturnType<typeof handler> => handler({ partition: this.partition, records, signal });
    void this.#handle(batch, records.length === 0 ? nothingToHandle : handle);
  }

  #space(ms: number | undefined): void {
    if (ms === undefined || this.#spacing !== undefined) return;
    this.#spacing = this.owner.timers.setTimeout(() => {
      this.#spacing = undefined;
      this.wake();
    }, ms);
  }

  async #handle(batch: HandedOver, handle: () => Promise<{ completed: Promise<void> }>): Promise<void> {
    try {
      const { completed } = await handle();
      this.#handing = false;
      // Looks for the next batch in a task of its own, after a `completed` that has resolved already was counted.
      this.wake();
      await completed;
    } catch (error) {
      this.#handing = false;
      this.#left = true;
      this.#open.length = 0;
      this.#settleIdle();
      this.owner.fail(error);
      return;
    }
    batch.completed = true;
    this.#advance();
  }

  #advance(): void {
    let completed = 0;
    while (this.#open[completed]?.completed) completed++;
    const last = this.#open[completed - 1];
    if (last) {
      this.#open.splice(0, completed);
      if (!this.#left) {
        this.watermark.segment = last.end.segment;
        this.watermark.index = last.end.index;
        this.moved();
        this.wake();
      }
    }
    this.#settleIdle();
  }

  #settleIdle(): void {
    if (this.#handing || this.#open.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
