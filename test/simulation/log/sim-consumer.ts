import type { BatchHandler, ConsumeOptions, Consumer, LogRecord } from '#log';
import type { Admin } from 'kafkajs';
import { CompletedRecords } from '../../../libs/log/kafka/completed-records.js';
import { OffsetCommitter } from '../../../libs/log/kafka/offset-committer.js';
import { damaged, metadataOf, startOf } from '../../../libs/log/kafka/start-offsets.js';
import { within } from '../../../libs/log/within.js';
import type { Connection } from './connection.js';
import { LogClient } from './log-client.js';
import type { Fetched } from './sim-broker.js';
import type { SimMember } from './sim-group.js';
import { SimPartition } from './sim-partition.js';
import type { Bounds } from './sim-topic.js';

const LEAVE_TIMEOUT_MS = 5_000;
const STALL_TIMEOUT_MS = 20_000;
const LOOKS_PER_STALL = 4;

export interface ConsumerParts {
  connection: Connection;
  topic: string;
  group: string;
  options: ConsumeOptions;
  handler: BatchHandler<LogRecord>;
}

/** Of the topic's partitions: what the group has committed, and what the log has. */
interface Offsets {
  committed: ReadonlyMap<number, number>;
  /** By somebody else. */
  reset: ReadonlySet<number>;
  bounds: readonly Bounds[];
}

/**
 * One consumer of a group, as the real one on Kafka takes rebalances, damage and stops; lanes, commits and deletions are the
 * real ones. Of what it fetches it refuses nothing: a simulation has not the bytes that would fill it.
 */
export class SimConsumer implements Consumer {
  readonly failed: Promise<never>;
  readonly #partitions = new Map<number, SimPartition>();
  readonly #committer: OffsetCommitter;
  readonly #completed: CompletedRecords | undefined;
  #client: LogClient;
  #watch: unknown;
  #member: SimMember | undefined;
  /** Of the last assignments: compared with the log, before anything of them is queued. */
  #checked: Promise<void> = Promise.resolve();
  #joined = (): void => undefined;
  #reject!: (error: unknown) => void;
  #paused = false;
  #ended = false;
  #stopping: Promise<void> | undefined;

  constructor(private readonly parts: ConsumerParts) {
    const { connection, topic, options } = parts;
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.failed.catch(() => undefined);
    if (options.isOnlyGroup) this.#completed = deleter(connection, topic);
    this.#committer = new OffsetCommitter(
      connection.timers,
      () => this.#whenChecked(),
      (progress) => this.#commit(new Map([...progress].map(([partition, { resumeAt }]) => [partition, resumeAt]))),
    );
    this.#client = this.#newClient();
  }

  /** Resolves when it is a member of its group. */
  async start(): Promise<void> {
    const joined = new Promise<void>((resolve) => {
      this.#joined = resolve;
    });
    await this.#client.membership.join();
    this.#look();
    await Promise.race([joined, this.failed]);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const partition of this.#partitions.values()) partition.wake();
  }

  stop(deadlineMs: number): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  /** Without waiting for handlers, and without a commit. */
  cut(reason: unknown): Promise<void> {
    this.#end();
    this.#joined(); // Whoever waits for that need not any more.
    for (const partition of this.#partitions.keys()) this.#leave(partition, reason);
    this.#stopping ??= within(this.parts.connection.timers, LEAVE_TIMEOUT_MS, this.#client.membership.leave());
    return this.#stopping;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#end();
    const { timers } = this.parts.connection;
    const reason = new Error(`the consumer of ${this.parts.topic} stops`);
    const partitions = [...this.#partitions.values()];
    for (const partition of partitions) partition.abort(reason);
    await within(timers, deadlineMs, Promise.all(partitions.map((partition) => partition.idle())));
    await within(timers, LEAVE_TIMEOUT_MS, this.#committer.close());
    for (const partition of this.#partitions.keys()) this.#leave(partition, reason);
    await within(timers, LEAVE_TIMEOUT_MS, this.#client.membership.leave());
  }

  #end(): void {
    this.#ended = true;
    this.#completed?.close();
    this.#client.fetcher.end();
    this.parts.connection.timers.clearTimeout(this.#watch);
  }

  #newClient(): LogClient {
    const { connection, topic, group } = this.parts;
    return new LogClient({
      connection,
      topic,
      group,
      next: () => this.#next(),
      onAssigned: (member, partitions) => this.#assigned(member, partitions),
      onFetched: (fetched) => this.#take(fetched),
      onFailed: (error) => this.#fail(error),
    });
  }

  /** As the real one: a client that has been silent for too long is replaced, and what is at work goes on. */
  #look(): void {
    if (this.#ended) return;
    this.#watch = this.parts.connection.timers.setTimeout(() => {
      if (this.#client.fetcher.silentMs > STALL_TIMEOUT_MS) this.#replace().catch((error) => this.#fail(error));
      this.#look();
    }, STALL_TIMEOUT_MS / LOOKS_PER_STALL);
  }

  async #replace(): Promise<void> {
    const { broker, process } = this.parts.connection;
    this.#client.dismiss();
    this.#client = this.#newClient();
    broker.clientReplaced(process);
    await this.#client.membership.join();
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    void this.cut(error);
    this.#reject(error);
  }

  #assigned(member: SimMember, partitions: readonly number[]): void {
    const isSameMember = member === this.#member;
    this.#member = member;
    const reason = new Error(`the group ${this.parts.group} is rebalanced`);
    for (const partition of this.#partitions.keys())
      if (!isSameMember || !partitions.includes(partition)) this.#leave(partition, reason);
    for (const partition of partitions) if (!this.#partitions.has(partition)) this.#add(partition);
    this.parts.options.onAssigned?.([...this.#partitions.keys()]);
    const assigned = new Map(this.#partitions);
    this.#checked = this.#checked.then(() => this.#check(assigned));
    this.#checked.catch((error) => this.#fail(error));
    this.#joined();
  }

  #add(partition: number): SimPartition {
    const { options, handler, connection } = this.parts;
    const added = new SimPartition({
      partition,
      options,
      handler,
      timers: connection.timers,
      taking: () => !this.#paused && !this.#ended,
      cut: (most) => connection.broker.cut(most),
      onCompleted: (below) => this.#committer.completed(partition, { completed: below, resumeAt: below }),
      onFailed: (error) => this.#fail(error),
    });
    this.#partitions.set(partition, added);
    return added;
  }

  #leave(partition: number, reason: unknown): void {
    this.#partitions.get(partition)?.leave(reason);
    this.#partitions.delete(partition);
    this.#committer.forget(partition);
  }

  /**
   * Of an assignment: added partitions begin where the group has come to, kept ones go on where they were, but for those that
   * another member had meanwhile, which are taken anew.
   */
  async #check(assigned: ReadonlyMap<number, SimPartition>): Promise<void> {
    const areOurs = () => [...assigned].some(([index, partition]) => this.#partitions.get(index) === partition);
    const offsets = await this.#offsets(() => areOurs() && !this.#ended);
    if (offsets === undefined) return;
    const added: [number, SimPartition][] = [];
    let isTakenAnew = false;
    for (const [index, partition] of assigned) {
      if (this.#partitions.get(index) !== partition) continue;
      if (partition.next === undefined) added.push([index, partition]);
      else if ((offsets.committed.get(index) ?? 0) > partition.completed) {
        this.#leave(index, new Error(`another member of ${this.parts.group} had partition ${index}`));
        added.push([index, this.#add(index)]);
        isTakenAnew = true;
      }
    }
    if (isTakenAnew) this.parts.options.onAssigned?.([...this.#partitions.keys()]);
    for (const [index, partition] of added) partition.begin(this.#startOf(index, offsets));
    this.#client.fetcher.wake();
  }

  #offsets(isWanted: () => boolean): Promise<Offsets | undefined> {
    const { connection, topic, group } = this.parts;
    const ask = () =>
      connection.call(`offsets ${topic}.${group}`, (broker): Offsets => {
        const bounds = broker.bounds(topic);
        const { committed, reset } = broker.group(topic, group);
        return { bounds, committed: new Map(committed), reset: new Set(reset) };
      });
    return connection.patiently(topic, ask, { isWanted });
  }

  #startOf(partition: number, { committed, bounds, reset }: Offsets): number {
    const offset = committed.get(partition);
    const metadata = offset === undefined || reset.has(partition) ? null : metadataOf(offset);
    const found = offset === undefined ? NEVER_COMMITTED : { offset, metadata };
    const start = startOf(found, bounds[partition] ?? NO_BOUNDS);
    if (typeof start === 'string') throw damaged(this.parts.topic, partition, start);
    return start;
  }

  #next(): Map<number, number> {
    const next = new Map<number, number>();
    for (const [index, partition] of this.#partitions)
      if (partition.next !== undefined) next.set(index, partition.next);
    return next;
  }

  async #take(fetched: readonly Fetched[]): Promise<void> {
    await this.#whenChecked();
    for (const { partition: index, from, messages, wrong } of fetched) {
      const partition = this.#partitions.get(index);
      if (partition?.next !== from || this.#ended) continue; // It was fetched for a former assignment.
      if (wrong !== undefined) throw damaged(this.parts.topic, index, wrong);
      partition.take(messages);
    }
  }

  /** Another assignment may come while the offsets of this one are looked at. */
  async #whenChecked(): Promise<void> {
    for (;;) {
      const checked = this.#checked;
      await checked.catch(() => undefined);
      if (checked === this.#checked) return;
    }
  }

  async #commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    await this.#client.membership.commit(offsets);
    for (const [partition, offset] of offsets) this.#completed?.committed(partition, offset);
  }
}

const NEVER_COMMITTED = { offset: -1, metadata: null };
const NO_BOUNDS: Bounds = { low: 0, high: 0 };

/** What the deleting of completed records asks of the real client. */
function deleter(connection: Connection, topic: string): CompletedRecords {
  const admin = {
    fetchTopicOffsets: async () => [],
    deleteTopicRecords: ({ partitions }: Parameters<Admin['deleteTopicRecords']>[0]) =>
      connection.call(`delete ${topic}`, (broker) => {
        const found = broker.topic(topic);
        for (const { partition, offset } of partitions) found.partition(partition).deleteBelow(Number(offset));
      }),
  };
  return new CompletedRecords(topic, async () => admin as unknown as Admin, connection.timers);
}
