import type { BatchHandler, ConsumeOptions, LogRecord } from '../log.js';
import { Lane, type LaneOwner, type LogTimers } from '../lane.js';
import { type Cursor, PartitionQueue } from '../partition-queue.js';
import type { IntakePartition } from './intake.js';
import { partHeaderOf } from './message-parts.js';
import { PartAssembler } from './part-assembler.js';
import { decodeRecords } from './record.codec.js';
import type { StartOffset } from './start-offsets.js';

/** As the client hands it over. */
export interface KafkaMessage {
  offset: string;
  timestamp: string;
  value: Uint8Array | null;
  headers?: Readonly<Record<string, unknown>> | undefined;
}

export interface Progress {
  /** Everything below this offset is completed. */
  completed: number;
  /** Where a reader must begin again: at `completed`, or before it, where a record of several messages began. */
  resumeAt: number;
}

export interface AssignedParts {
  partition: number;
  options: ConsumeOptions;
  handler: BatchHandler<LogRecord>;
  timers: LogTimers;
  /** Whether batches may begin at all: neither paused nor stopping. */
  taking: () => boolean;
  onCompleted: (progress: Progress) => void;
  onFailed: (error: unknown) => void;
}

/** What came is not what must come next: the log was damaged, or its reader was set back or forth. */
export class UnexpectedOffset extends Error {}

/** Batches that may be queued and not completed, beyond those with the handler. */
const BATCHES_AHEAD = 2;
const LEAST_BYTES = 4 * 1024 * 1024;

/** So much of one partition is queued and not completed, and no more is fetched. */
export function partitionMaxBytes({ maxBytes, maxUncompleted }: ConsumeOptions): number {
  return Math.max(LEAST_BYTES, maxBytes * (maxUncompleted + BATCHES_AHEAD));
}

/**
 * A partition for as long as this consumer has it: the client fills its queue, a lane empties it. A message is completed
 * when all its records are, and all messages before it.
 */
export class AssignedPartition implements LaneOwner, IntakePartition {
  readonly options: ConsumeOptions;
  readonly handler: BatchHandler<LogRecord>;
  readonly timers: LogTimers;
  readonly #abort = new AbortController();
  readonly #queue = new PartitionQueue();
  readonly #watermark: Cursor = { segment: 0, index: 0 };
  readonly #lane: Lane;
  readonly #assembler = new PartAssembler();
  readonly #maxBytes: number;
  #bytes = 0;
  #left = false;
  /** The offset that must come next; undefined until it is known, and nothing is taken before that. */
  next: number | undefined;
  /** Everything below this offset is completed, as far as this consumer knows. */
  completed = 0;
  isPaused = false;
  /** What came last was not expected. */
  isDoubtful = false;

  constructor(private readonly parts: AssignedParts) {
    this.options = parts.options;
    this.handler = parts.handler;
    this.timers = parts.timers;
    this.#maxBytes = partitionMaxBytes(parts.options);
    const moved = (): void => this.#queue.release(this.#watermark);
    this.#lane = new Lane(this, parts.partition, this.#queue, this.#watermark, moved);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get taking(): boolean {
    return this.parts.taking() && !this.#abort.signal.aborted;
  }

  /** Parts of a whole that is not there yet don't count. */
  get queuedBytes(): number {
    return this.#bytes;
  }

  /** More than the handler will need soon. */
  get isFull(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  get hasRoom(): boolean {
    return this.#bytes * 2 <= this.#maxBytes;
  }

  /**
   * The next messages, in order. `end` is the log's: what comes next can be no further. Throws `UnexpectedOffset` where they
   * are others, and takes none then.
   */
  take(messages: readonly KafkaMessage[], end: number): void {
    const { next } = this;
    if (next === undefined) throw new UnexpectedOffset('what comes next is not known yet');
    if (end < next) throw new UnexpectedOffset(`the log ends at ${end}, and ${next} comes next`);
    for (const [i, { offset }] of messages.entries())
      if (Number(offset) !== next + i) throw new UnexpectedOffset(`message ${offset} came, and not ${next + i}`);
    for (const message of messages) this.#take(message);
    this.#lane.wake();
  }

  wake(): void {
    this.#lane.wake();
  }

  idle(): Promise<void> {
    return this.#lane.idle();
  }

  /** Where it begins: to be called once, before anything is taken. */
  begin({ next, completed }: StartOffset): void {
    this.next = next;
    this.completed = completed;
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

  /** Each message is queued, so that they are completed in order; a part that completes nothing has no records. */
  #take(message: KafkaMessage): void {
    const offset = Number(message.offset);
    const whole = this.#assembler.take({
      offset,
      timestampMs: Number(message.timestamp),
      value: message.value ?? new Uint8Array(),
      header: partHeaderOf(message.headers),
    });
    this.next = offset + 1;
    this.#enqueue(whole === undefined ? [] : decodeRecords(whole), offset + 1);
  }

  #enqueue(records: readonly LogRecord[], completed: number): void {
    let bytes = 0;
    for (const record of records) bytes += record.bytes;
    this.#bytes += bytes;
    this.#queue
      .append(records)
      .then(() => {
        this.#bytes -= bytes;
        this.completed = Math.max(this.completed, completed);
        if (!this.#left) this.parts.onCompleted({ completed, resumeAt: this.#assembler.resumeAt(completed) });
      })
      .catch((error: unknown) => this.fail(error));
  }
}
