import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';
import type { LogRecord } from '../log.js';
import type { EmbeddedConsumer } from './embedded-consumer.js';
import { Lane } from '../lane.js';
import { type Cursor, PartitionQueue } from '../partition-queue.js';

interface Group {
  /** By partition: what is below is completed. Outlives the group's consumers. */
  watermarks: Cursor[];
  consumer: EmbeddedConsumer | undefined;
}

/** A topic keeps each record until all groups that ever consumed it have completed it; with none yet, for the first. */
export class Topic {
  readonly queues: PartitionQueue[];
  readonly #groups = new Map<string, Group>();
  #failure: unknown;

  constructor(
    readonly name: string,
    partitions: number,
  ) {
    this.queues = Array.from({ length: partitions }, () => new PartitionQueue());
  }

  waiting(group: string): number {
    const watermarks = this.#groups.get(group)?.watermarks;
    const below = (queue: PartitionQueue, partition: number) => watermarks?.[partition] ?? queue.oldest();
    return this.queues.reduce((sum, queue, partition) => sum + queue.waiting(below(queue, partition)), 0);
  }

  append(partition: number, records: readonly LogRecord[]): Promise<void> {
    const queue = this.queues[partition];
    if (!queue) return Promise.reject(new RangeError(`topic ${this.name} has no partition ${partition}`));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (records.length === 0) return Promise.resolve();
    const appended = queue.append(records);
    for (const group of this.#groups.values()) group.consumer?.lanes[partition]?.wake();
    return appended;
  }

  /** A new group begins with the oldest record that is kept. */
  join(name: string, consumer: EmbeddedConsumer): Lane[] {
    if (this.#failure !== undefined) throw this.#failure;
    const group = this.#groups.get(name) ?? {
      watermarks: this.queues.map((queue) => queue.oldest()),
      consumer: undefined,
    };
    if (group.consumer) {
      throw new MillraceError(LOG_ERRORS.LOG_GROUP_TAKEN, `topic ${this.name} has a consumer of group ${name} already`);
    }
    group.consumer = consumer;
    this.#groups.set(name, group);
    return this.queues.map(
      (queue, partition) =>
        new Lane(consumer, partition, queue, group.watermarks[partition] as Cursor, () => this.#release(partition)),
    );
  }

  leave(name: string, consumer: EmbeddedConsumer): void {
    const group = this.#groups.get(name);
    if (group?.consumer === consumer) group.consumer = undefined;
  }

  /** A handler failed for good: nothing of this topic can be completed any more, so whoever waits for it must know. */
  fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    const message = `a handler of topic ${this.name} failed; run the job again to go on`;
    this.#failure = new MillraceError(LOG_ERRORS.LOG_HANDLER_FAILED, message, { cause });
    for (const queue of this.queues) queue.reject(this.#failure);
  }

  close(reason: MillraceError): void {
    this.#failure ??= reason;
    for (const group of this.#groups.values()) group.consumer?.cut(reason);
    for (const queue of this.queues) queue.reject(this.#failure);
  }

  #release(partition: number): void {
    let lowest: Cursor | undefined;
    for (const group of this.#groups.values()) {
      const watermark = group.watermarks[partition] as Cursor;
      if (!lowest || watermark.segment < lowest.segment) lowest = watermark;
    }
    if (lowest && this.#failure === undefined) this.queues[partition]?.release(lowest);
  }
}
