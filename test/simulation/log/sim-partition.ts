import type { BatchHandler, ConsumeOptions, LogRecord } from '#log';
import { Lane, type LaneOwner, type LogTimers } from '../../../libs/log/lane.js';
import { type Cursor, PartitionQueue } from '../../../libs/log/partition-queue.js';
import type { SimMessage } from './sim-topic.js';

export interface PartitionParts {
  partition: number;
  options: ConsumeOptions;
  handler: BatchHandler<LogRecord>;
  timers: LogTimers;
  /** Whether batches may begin at all: neither paused nor stopping. */
  taking: () => boolean;
  /** The next batch may have so many records, of as many as it asks for. */
  cut: (most: number) => number;
  onCompleted: (below: number) => void;
  onFailed: (error: unknown) => void;
}

/** A partition for as long as a consumer has it, as the real one has it. */
export class SimPartition implements LaneOwner {
  readonly handler: BatchHandler<LogRecord>;
  readonly timers: LogTimers;
  readonly #abort = new AbortController();
  readonly #queue = new PartitionQueue();
  readonly #lane: Lane;
  #left = false;
  /** The offset that must come next; undefined until it is known, and nothing is taken before that. */
  next: number | undefined;
  /** Everything below this offset is completed, as far as this consumer knows. */
  completed = 0;

  constructor(private readonly parts: PartitionParts) {
    this.handler = parts.handler;
    this.timers = parts.timers;
    const watermark: Cursor = { segment: 0, index: 0 };
    this.#lane = new Lane(this, parts.partition, this.#queue, watermark, () => this.#queue.release(watermark));
  }

  get options(): ConsumeOptions {
    const { options, cut } = this.parts;
    const maxRecords = cut(options.maxRecords);
    return maxRecords === options.maxRecords ? options : { ...options, maxRecords };
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get taking(): boolean {
    return this.parts.taking() && !this.#abort.signal.aborted;
  }

  /** To be called once, before anything is taken. */
  begin(offset: number): void {
    this.next = offset;
    this.completed = offset;
  }

  /** The next messages, in order. */
  take(messages: readonly SimMessage[]): void {
    for (const { offset, records } of messages) {
      if (offset !== this.next) throw new Error(`message ${offset} came, and not ${this.next}`);
      this.next = offset + 1;
      this.#enqueue(records, offset + 1);
    }
    this.#lane.wake();
  }

  wake(): void {
    this.#lane.wake();
  }

  idle(): Promise<void> {
    return this.#lane.idle();
  }

  /** Whoever works for this partition is to drain and begin nothing new. */
  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** From now on nothing that completes counts. */
  leave(reason: unknown): void {
    this.#left = true;
    this.#abort.abort(reason);
    this.#lane.leave();
  }

  fail(error: unknown): void {
    if (!this.#left) this.parts.onFailed(error);
  }

  #enqueue(records: readonly LogRecord[], below: number): void {
    this.#queue
      .append(records)
      .then(() => {
        this.completed = Math.max(this.completed, below);
        if (!this.#left) this.parts.onCompleted(below);
      })
      .catch((error: unknown) => this.fail(error));
  }
}
