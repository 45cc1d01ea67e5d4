import type { BatchHandler, ConsumeOptions, Consumer, Log, LogRecord, TopicSpec } from '#log';
import type { SimProcess } from '../kernel/index.js';
import { Connection } from './connection.js';
import type { SimBroker } from './sim-broker.js';
import { SimConsumer } from './sim-consumer.js';
import { SimSender } from './sim-sender.js';

/**
 * What one simulated process opens on the broker: a log that keeps its promises as the one on Kafka does, and breaks none of
 * its licences either. Whatever goes over the network is a call of the kernel's.
 */
export class SimLog implements Log {
  readonly #connection: Connection;
  readonly #senders = new Map<string, SimSender>();
  readonly #consumers = new Set<SimConsumer>();

  constructor(broker: SimBroker, process: SimProcess) {
    this.#connection = new Connection(broker, process);
  }

  async create(topics: readonly TopicSpec[], { wereMade = false } = {}): Promise<void> {
    const create = () => this.#connection.call('create topics', (broker) => broker.create(topics, wereMade));
    await this.#connection.aFewTimes('the topics cannot be made', create);
  }

  append<R extends LogRecord>(topic: string, partition: number, records: readonly R[]): Promise<void> {
    if (this.#connection.closed) return Promise.reject(this.#connection.closed);
    const name = `${topic}/${partition}`;
    let sender = this.#senders.get(name);
    if (!sender) {
      sender = new SimSender(this.#connection, topic, partition);
      this.#senders.set(name, sender);
    }
    return sender.append(records);
  }

  async consume<R extends LogRecord>(
    topic: string,
    group: string,
    options: ConsumeOptions,
    handler: BatchHandler<R>,
  ): Promise<Consumer> {
    this.#connection.assertOpen();
    const consumer = new SimConsumer({
      connection: this.#connection,
      topic,
      group,
      options,
      handler: handler as unknown as BatchHandler<LogRecord>,
    });
    this.#consumers.add(consumer);
    await consumer.start();
    return consumer;
  }

  async completed(topic: string, group: string, signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    const ends = await this.#asked(topic, signal, `ends ${topic}`, (broker) => broker.bounds(topic));
    for (;;) {
      let committed = (): void => undefined;
      const more = new Promise<void>((resolve) => {
        committed = resolve;
      });
      const isCompleted = await this.#asked(topic, signal, `committed ${topic}.${group}`, (broker) => {
        broker.topic(topic);
        const isDone = ends.every(({ high }, partition) => (broker.committed(topic, group, partition) ?? 0) >= high);
        if (!isDone) broker.group(topic, group).whenCommitted(committed);
        return isDone;
      });
      if (isCompleted) return;
      await connection.until(more, signal);
    }
  }

  async waiting(topic: string, group: string): Promise<number> {
    const never = new AbortController().signal;
    const committed = await this.#asked(topic, never, `committed ${topic}.${group}`, (broker) => {
      broker.topic(topic);
      return new Map(broker.group(topic, group).committed);
    });
    const ends = await this.#asked(topic, never, `ends ${topic}`, (broker) => broker.bounds(topic));
    return ends.reduce(
      (sum, { low, high }, partition) => sum + Math.max(0, high - Math.max(low, committed.get(partition) ?? 0)),
      0,
    );
  }

  async remove(topics: readonly string[]): Promise<void> {
    const remove = () => this.#connection.call('remove topics', (broker) => broker.remove(topics));
    await this.#connection.aFewTimes('the topics cannot be removed', remove);
  }

  async close(): Promise<void> {
    if (this.#connection.closed) return;
    this.#connection.close();
    const { closed } = this.#connection;
    for (const sender of this.#senders.values()) sender.fail(closed);
    await Promise.all([...this.#consumers].map((consumer) => consumer.cut(closed)));
  }

  async #asked<T>(topic: string, signal: AbortSignal, label: string, carryOut: (broker: SimBroker) => T): Promise<T> {
    return (await this.#connection.patiently(topic, () => this.#connection.call(label, carryOut), { signal })) as T;
  }
}
