/**
 * The port to the log that connects the actors: topics of partitions, records in order within a partition.
 *
 * - **Order.** Within a partition records are handed over in the order of their `append` calls, also through retries;
 *   nothing passes a failed one.
 * - **Acknowledged when.** `append` resolves when its records can no longer be lost: on Kafka when the in-sync replicas
 *   have them; in the embedded log, which survives nothing, when their handlers have completed. So the same code confirms
 *   a source position, ends a chunk or commits an offset at the right moment in both: after what it appended has resolved.
 * - **Repeats.** Delivery is at least once: a handler sees a record again where its completion was not committed.
 * - **Failure.** `append` rejects only when the log is closed or has failed for good; then its effect is unknown.
 * - **Bounds.** `append` never refuses for size; callers bound what they have in flight (`InFlight`), which is what
 *   carries back-pressure from a slow target to the reader.
 */
export interface Log {
  /**
   * Makes the topics with these numbers of partitions; the same again is no error, other numbers are. `wereMade`: they were
   * before, so a log that keeps its records does not make them anew where they are gone, with what was in them.
   */
  create(topics: readonly TopicSpec[], options?: { wereMade?: boolean }): Promise<void>;
  append<R extends LogRecord>(topic: string, partition: number, records: readonly R[]): Promise<void>;
  /** One consumer of a group, whose name is its topic's own. Handlers of different partitions run side by side, those of one partition in order. */
  consume<R extends LogRecord>(
    topic: string,
    group: string,
    options: ConsumeOptions,
    handler: BatchHandler<R>,
  ): Promise<Consumer>;
  /**
   * Resolves when the group has completed everything that was appended to the topic before this call, by whichever process:
   * where effects are waited for, and not only that they can no longer be lost. Rejects when the log is closed, or with the
   * signal's reason.
   */
  completed(topic: string, group: string, signal: AbortSignal): Promise<void>;
  /** So many messages the group has not completed, each of one append or several: for people and for scaling. */
  waiting(topic: string, group: string): Promise<number>;
  /** The topics, their records and what their groups have completed are gone; those that are not there are no error. */
  remove(topics: readonly string[]): Promise<void>;
  /** Rejects what is not completed, stops all consumers. */
  close(): Promise<void>;
}

export interface TopicSpec {
  name: string;
  partitions: number;
}

/** Plain data. `bytes` is its approximate size in memory, for bounds. */
export interface LogRecord {
  bytes: number;
}

export interface ConsumeOptions {
  /** A batch has at most so many records (one at least) … */
  maxRecords: number;
  /** … and about so many bytes. */
  maxBytes: number;
  /**
   * While less than `maxBytes` waits, batches of a partition begin so many ms apart: under steady light traffic many
   * small appends make one batch. The first after a pause goes at once. Absent: never waits.
   */
  spacingMs?: number;
  /** So many batches of a partition may be handed over and not yet completed. */
  maxUncompleted: number;
  /**
   * Told which partitions this consumer has, whenever that changes, before anything of an added one is handed over. What is
   * still at work for one that is gone is a former owner's.
   */
  onAssigned?: (partitions: readonly number[]) => void;
  /** No other group reads the topic: what this one has completed is deleted. */
  isOnlyGroup?: boolean;
}

/**
 * Resolving the outer promise asks for the next batch of the partition; the batch's offset is committed when `completed`
 * has resolved, and all earlier ones of the partition have. A handler that rejects stops the consumer (see `failed`):
 * expected failures are outcomes, transient ones are repeated in place.
 */
export type BatchHandler<R extends LogRecord> = (batch: LogBatch<R>) => Promise<{ completed: Promise<void> }>;

export interface LogBatch<R extends LogRecord> {
  partition: number;
  records: readonly R[];
  /** Raised when the partition is taken away or the consumer stops: drain, don't begin anything new. */
  signal: AbortSignal;
}

export interface Consumer {
  /** Stops taking in, waits for what has begun to complete (or the deadline, ms), leaves. */
  stop(deadlineMs: number): Promise<void>;
  pause(): void;
  resume(): void;
  /** Rejects when a handler rejected; never resolves while the consumer lives. */
  readonly failed: Promise<never>;
}
