import { CompressionTypes, type Admin, type Kafka, type Producer } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';
import type { BatchHandler, ConsumeOptions, Consumer, Log, LogRecord, TopicSpec } from '../log.js';
import type { LogTimers } from '../lane.js';
import { kafkaClient } from './kafka-client.js';
import { KafkaConsumer } from './kafka-consumer.js';
import { isTransient, kafkaFailure, typeOf } from './kafka-errors.js';
import type { KafkaLogOptions } from './kafka-options.js';
import type { MessagePart } from './message-parts.js';
import { PartitionSender } from './partition-sender.js';
import { makeTopics } from './topics.js';

const REAL_TIMERS: LogTimers = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

const ALL_IN_SYNC_REPLICAS = -1;
const PAUSE_MS = 500;
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
  readonly #consumers = new Set<KafkaConsumer>();
  #producer: Promise<Producer> | undefined;
  #admin: Promise<Admin> | undefined;
  #closed: MillraceError | undefined;
  #wakeSleepers: () => void = () => undefined;

  constructor(private readonly options: KafkaLogOptions) {
    this.#kafka = kafkaClient(options);
    this.#timers = options.timers ?? REAL_TIMERS;
  }

  async create(topics: readonly TopicSpec[]): Promise<void> {
    this.#assertOpen();
    try {
      await makeTopics(await this.#adminClient(), topics, this.options);
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
      group,
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

  async close(): Promise<void> {
    if (this.#closed) return;
    const closed = new MillraceError(LOG_ERRORS.LOG_CLOSED, 'the log was closed', { retriable: true });
    this.#closed = closed;
    this.#wakeSleepers();
    for (const senders of this.#senders.values()) for (const sender of senders) sender?.fail(closed);
    await Promise.all([...this.#consumers].map((consumer) => consumer.cut(closed)));
    const clients = await Promise.allSettled([this.#producer, this.#admin]);
    await Promise.allSettled(clients.map((client) => client.status === 'fulfilled' && client.value?.disconnect()));
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
      sender = new PartitionSender({ id, send: (part) => this.#send(topic, partition, part) });
      senders[partition] = sender;
    }
    return sender;
  }

  async #send(topic: string, partition: number, { value, headers }: MessagePart): Promise<void> {
    const messages = [{ partition, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), headers }];
    const compression = this.options.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
    for (;;) {
      try {
        const producer = await this.#producerClient();
        await producer.send({ topic, messages, acks: ALL_IN_SYNC_REPLICAS, compression });
        return;
      } catch (error) {
        if (this.#closed) throw this.#closed;
        if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') throw topicMissing(topic, error);
        if (!isTransient(error)) throw kafkaFailure(`topic ${topic} takes no records`, error);
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#timers.setTimeout(resolve, PAUSE_MS);
      const wakeOthers = this.#wakeSleepers;
      this.#wakeSleepers = () => {
        this.#timers.clearTimeout(timer);
        resolve();
        wakeOthers();
      };
    });
  }

  #producerClient(): Promise<Producer> {
    this.#producer ??= connected(this.#kafka.producer({ allowAutoTopicCreation: false }));
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

async function connected<C extends { connect(): Promise<void> }>(client: C): Promise<C> {
  await client.connect();
  return client;
}

function topicMissing(topic: string, cause: unknown): MillraceError {
  return new MillraceError(LOG_ERRORS.LOG_TOPIC_MISSING, `topic ${topic} does not exist`, { cause });
}
