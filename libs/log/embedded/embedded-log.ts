import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';
import type { BatchHandler, ConsumeOptions, Consumer, Log, LogRecord, TopicSpec } from '../log.js';
import { EmbeddedConsumer } from './embedded-consumer.js';
import { type LogTimers, REAL_TIMERS } from '../lane.js';
import { topicMissing } from '../topic-missing.js';
import { Topic } from './topic.js';

/**
 * The log of one process. Nothing in it survives the process, hence:
 *
 * - **Acknowledged when.** `append` resolves when the handlers of all groups that consume the topic have completed its
 *   records; a topic without a consumer keeps them until one comes. So a source position confirmed after `append`, or a
 *   chunk ended after it, has its effect in the store already, and what a crash takes was never acknowledged.
 * - **Order.** One queue per partition; a batch is the next records in it. While a handler works, records pile up, and
 *   the next batch is what has piled up, within the consumer's bounds.
 * - **Repeats.** Records whose batch was not completed when their consumer left are handed to the group's next one.
 * - **Failure.** A handler that rejects ends its topic: appends to it reject, pending ones and later ones.
 * - **Cost.** One promise per append and a counter per batch; nothing per record but its place in a batch.
 */
export class EmbeddedLog implements Log {
  readonly #topics = new Map<string, Topic>();
  readonly #timers: LogTimers;
  #closed: MillraceError | undefined;

  constructor(options: { timers?: LogTimers } = {}) {
    this.#timers = options.timers ?? REAL_TIMERS;
  }

  async create(topics: readonly TopicSpec[]): Promise<void> {
    this.#assertOpen();
    for (const { name, partitions } of topics) {
      const existing = this.#topics.get(name);
      if (existing && existing.queues.length !== partitions) {
        const message = `topic ${name} has ${existing.queues.length} partitions, not ${partitions}`;
        throw new MillraceError(LOG_ERRORS.LOG_PARTITIONS_DIFFER, message);
      }
    }
    for (const { name, partitions } of topics) {
      if (!this.#topics.has(name)) this.#topics.set(name, new Topic(name, partitions));
    }
  }

  /** Not an async function: one promise per append. */
  append<R extends LogRecord>(topic: string, partition: number, records: readonly R[]): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    const found = this.#topics.get(topic);
    return found ? found.append(partition, records) : Promise.reject(topicMissing(topic));
  }

  async consume<R extends LogRecord>(
    topic: string,
    group: string,
    options: ConsumeOptions,
    handler: BatchHandler<R>,
  ): Promise<Consumer> {
    this.#assertOpen();
    const found = this.#topics.get(topic);
    if (!found) throw topicMissing(topic);
    const consumer = new EmbeddedConsumer(
      found,
      group,
      options,
      handler as unknown as BatchHandler<LogRecord>,
      this.#timers,
    );
    options.onAssigned?.(found.queues.map((_, partition) => partition));
    consumer.resume();
    return consumer;
  }

  /** Of all groups of the topic: it keeps each record until all of them have completed it. */
  async completed(topic: string, _group: string, signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    const found = this.#topics.get(topic);
    if (!found) throw topicMissing(topic);
    await unlessAborted(() => Promise.all(found.queues.map((queue) => queue.released())), signal);
  }

  async waiting(topic: string, group: string): Promise<number> {
    this.#assertOpen();
    const found = this.#topics.get(topic);
    if (!found) throw topicMissing(topic);
    return found.waiting(group);
  }

  async remove(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      const reason = new MillraceError(LOG_ERRORS.LOG_TOPIC_MISSING, `topic ${topic} was removed`);
      this.#topics.get(topic)?.close(reason);
      this.#topics.delete(topic);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = new MillraceError(LOG_ERRORS.LOG_CLOSED, 'the log was closed', { retriable: true });
    for (const topic of this.#topics.values()) topic.close(this.#closed);
  }

  #assertOpen(): void {
    if (this.#closed) throw this.#closed;
  }
}

/** `work` is begun only where it is awaited: nobody else would see it fail. */
async function unlessAborted(work: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
