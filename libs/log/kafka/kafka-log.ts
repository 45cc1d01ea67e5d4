import type { Admin, Kafka, Producer } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';
import type { BatchHandler, ConsumeOptions, Consumer, Log, LogRecord, TopicSpec } from '../log.js';
import { type LogTimers, REAL_TIMERS } from '../lane.js';
import { kafkaClient } from './kafka-client.js';
import { KafkaConsumer } from './kafka-consumer.js';
import { isTransient, kafkaFailure } from './kafka-errors.js';
import type { KafkaLogOptions } from './kafka-options.js';
import { CompressionTypes } from './kafkajs.js';
import { PartitionSender } from './partition-sender.js';
import { committedOffsets, completedBelow } from './start-offsets.js';
import { type PartitionMessage, TopicRequests } from './topic-requests.js';
import { TopicAbsence } from './topic-absence.js';
import { makeTopics, removeTopics } from './topics.js';
import { within } from '../within.js';

const ALL_IN_SYNC_REPLICAS = -1;
const PAUSE_MS = 500;
const LOOK_MS = 100;
/** The client asks about all partitions of a topic at once, and learns nothing while one of them has no leader. */
const METADATA_MAX_AGE_MS = 24 * 3_600_000;
/** One that is just connecting is not waited for longer. */
const CLOSE_MS = 3_000;
/** Above what a request may take. */
const STALL_TIMEOUT_MS = 60_000;

/**
 * The log on Kafka.
 *
 * - **Acknowledged when.** `append` resolves when the in-sync replicas have the records (`acks: all`, and topics demand
 *   `min.insync.replicas`). Trouble of the network or the brokers is waited out without end.
 * - **Order.** One request at a time per partition, and per topic one producing process per row or root: see `PartitionSender`.
 * - **Repeats.** Offsets are committed for whole messages: where a consumer begins again, it gets all records of a message of
 *   which some were not completed.
 * - **Failure.** A handler that rejects ends its consumer, not its topic: the records are kept.
 */
export class KafkaLog implements Log {
  readonly #kafka: Kafka;
  readonly #timers: LogTimers;
  readonly #producerId = randomUUID();
  readonly #senders = new Map<string, PartitionSender[]>();
  readonly #requests = new Map<string, TopicRequests>();
  readonly #consumers = new Set<KafkaConsumer>();
  #producer: Promise<Producer> | undefined;
  #admin: Promise<Admin> | undefined;
  #closed: MillraceError | undefined;
  readonly #sleepers = new Set<() => void>();

  constructor(private readonly options: KafkaLogOptions) {
    this.#kafka = kafkaClient(options);
    this.#timers = options.timers ?? REAL_TIMERS;
  }

  async create(topics: readonly TopicSpec[], { wereMade = false } = {}): Promise<void> {
    this.#assertOpen();
    try {
      const pause = async () => {
        await this.#pause(PAUSE_MS);
        this.#assertOpen();
      };
      await makeTopics(await this.#adminClient(), topics, { ...this.options, wereMade, pause });
    } catch (error) {
      throw error instanceof MillraceError ? error : kafkaFailure('the topics cannot be made', error);
    }
  }

  append<R extends LogRecord>(topic: string, partition: number, records: readonly R[]): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    return this.#sender(topic, partition).append(records);
  }

  async consume<R extends LogRecord>(
    topic: string,
    group: string,
    options: ConsumeOptions,
    handler: BatchHandler<R>,
  ): Promise<Consumer> {
    this.#assertOpen();
    const consumer = new KafkaConsumer({
      kafka: this.#kafka,
      admin: () => this.#adminClient(),
      topic,
      group: groupIdOf(topic, group),
      options,
      handler: handler as unknown as BatchHandler<LogRecord>,
      sessionTimeoutMs: this.options.sessionTimeoutMs,
      stallTimeoutMs: this.options.stallTimeoutMs ?? STALL_TIMEOUT_MS,
      deleteEveryMs: this.options.deleteEveryMs,
      timers: this.#timers,
      now: () => performance.now(),
      onNotice: (notice) => this.options.onNotice?.(notice),
    });
    this.#consumers.add(consumer);
    await consumer.start();
    return consumer;
  }

  async completed(topic: string, group: string, signal: AbortSignal): Promise<void> {
    const progress = { topic, group: groupIdOf(topic, group) };
    const ends = await this.#ends(topic, signal);
    for (;;) {
      const committed = await this.#asking(topic, signal, (admin) => committedOffsets(admin, progress));
      const isBehind = ({ partition, high }: { partition: number; high: number }): boolean => {
        const offset = committed.get(partition);
        return high > 0 && (offset === undefined || completedBelow(offset) < high);
      };
      if (!ends.some(isBehind)) return;
      await this.#pause(LOOK_MS, signal);
    }
  }

  async waiting(topic: string, group: string): Promise<number> {
    const never = new AbortController().signal;
    const progress = { topic, group: groupIdOf(topic, group) };
    const committed = await this.#asking(topic, never, (admin) => committedOffsets(admin, progress));
    const ends = await this.#ends(topic, never);
    return ends.reduce((sum, { partition, high, low }) => {
      const offset = committed.get(partition);
      return sum + Math.max(0, high - Math.max(low, offset === undefined ? 0 : completedBelow(offset)));
    }, 0);
  }

  async remove(topics: readonly string[]): Promise<void> {
    this.#assertOpen();
    try {
      await removeTopics(await this.#adminClient(), topics);
    } catch (error) {
      throw error instanceof MillraceError ? error : kafkaFailure('the topics cannot be removed', error);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const closed = new MillraceError(LOG_ERRORS.LOG_CLOSED, 'the log was closed', { retriable: true });
    this.#closed = closed;
    for (const wake of this.#sleepers) wake();
    for (const senders of this.#senders.values()) for (const sender of senders) sender?.fail(closed);
    for (const requests of this.#requests.values()) requests.fail(closed);
    await Promise.all([...this.#consumers].map((consumer) => consumer.cut(closed)));
    const disconnected = [this.#producer, this.#admin].map(async (client) => (await client)?.disconnect());
    await within(this.#timers, CLOSE_MS, Promise.allSettled(disconnected));
  }

  #sender(topic: string, partition: number): PartitionSender {
    let senders = this.#senders.get(topic);
    if (!senders) {
      senders = [];
      this.#senders.set(topic, senders);
    }
    let sender = senders[partition];
    if (!sender) {
      const id = `${this.#producerId}-${partition}`;
      const requests = this.#requestsOf(topic);
      sender = new PartitionSender({
        id,
        send: (part) => requests.send(partition, part),
        now: () => performance.now(),
      });
      senders[partition] = sender;
    }
    return sender;
  }

  #requestsOf(topic: string): TopicRequests {
    let requests = this.#requests.get(topic);
    if (!requests) {
      requests = new TopicRequests({
        request: (messages) => this.#send(topic, messages),
        newPatience: () => this.#sendPatience(topic),
        timers: this.#timers,
        now: () => performance.now(),
      });
      this.#requests.set(topic, requests);
    }
    return requests;
  }

  async #send(topic: string, parts: readonly PartitionMessage[]): Promise<void> {
    this.#assertOpen();
    const messages = parts.map(({ partition, value, headers }) => {
      return { partition, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), headers };
    });
    const compression = this.options.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
    const producer = await this.#producerClient();
    await producer.send({ topic, messages, acks: ALL_IN_SYNC_REPLICAS, compression });
  }

  /** What one try did not bring over: trouble that may pass is waited out. */
  #sendPatience(topic: string): (failure: unknown) => Promise<void> {
    const absence = this.#absence(topic);
    return async (failure) => {
      this.#assertOpen();
      if (!absence.may(failure) && !isTransient(failure))
        throw kafkaFailure(`topic ${topic} takes no records`, failure);
      await this.#pause(PAUSE_MS);
      this.#assertOpen();
    };
  }

  #absence(topic: string): TopicAbsence {
    return new TopicAbsence(topic, () => performance.now());
  }

  #ends(topic: string, signal: AbortSignal): Promise<{ partition: number; low: number; high: number }[]> {
    return this.#asking(topic, signal, async (admin) => {
      const bounds = await admin.fetchTopicOffsets(topic);
      return bounds.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }));
    });
  }

  /** Again and again while waiting may help. */
  async #asking<T>(topic: string, signal: AbortSignal, ask: (admin: Admin) => Promise<T>): Promise<T> {
    const absence = this.#absence(topic);
    for (;;) {
      signal.throwIfAborted();
      this.#assertOpen();
      try {
        return await ask(await this.#adminClient());
      } catch (error) {
        if (!absence.may(error) && !isTransient(error)) throw kafkaFailure('offsets cannot be read', error);
        await this.#pause(PAUSE_MS, signal);
      }
    }
  }

  /** Ends early when the log is closed or the signal is raised. */
  async #pause(ms: number, signal?: AbortSignal): Promise<void> {
    let wake = (): void => undefined;
    const slept = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const timer = this.#timers.setTimeout(wake, ms);
    this.#sleepers.add(wake);
    signal?.addEventListener('abort', wake);
    if (signal?.aborted || this.#closed) wake();
    await slept;
    this.#timers.clearTimeout(timer);
    this.#sleepers.delete(wake);
    signal?.removeEventListener('abort', wake);
  }

  #producerClient(): Promise<Producer> {
    // Tried again by us, partition by partition; where leaders are is asked again after each failure.
    const once = { retry: { retries: 0 }, metadataMaxAge: METADATA_MAX_AGE_MS };
    this.#producer ??= connected(this.#kafka.producer({ allowAutoTopicCreation: false, ...once }));
    this.#producer.catch(() => {
      this.#producer = undefined;
    });
    return this.#producer;
  }

  #adminClient(): Promise<Admin> {
    this.#admin ??= connected(this.#kafka.admin());
    this.#admin.catch(() => {
      this.#admin = undefined;
    });
    return this.#admin;
  }

  #assertOpen(): void {
    if (this.#closed) throw this.#closed;
  }
}

/** In Kafka groups are the cluster's; here a group is of its topic. */
function groupIdOf(topic: string, group: string): string {
  return `${topic}.${group}`;
}

async function connected<C extends { connect(): Promise<void> }>(client: C): Promise<C> {
  await client.connect();
  return client;
}
