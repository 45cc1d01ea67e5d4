import type { Consumer as Client, EachBatchPayload, Kafka } from 'kafkajs';
import type { KafkaMessage, Progress } from './assigned-partition.js';
import { isTransient, kafkaFailure } from './kafka-errors.js';
import { metadataOf } from './start-offsets.js';

/** Two heartbeats may be lost. */
const HEARTBEATS_PER_SESSION = 3;
/** A fetch waits so long for records; a heartbeat may wait behind it. */
const FETCH_WAIT_MS = 500;
const FETCH_BYTES_PER_PARTITION = 2 * 1024 * 1024;
const REBALANCE_TIMEOUT_MS = 30_000;

export interface GroupMemberParts {
  kafka: Kafka;
  topic: string;
  group: string;
  sessionTimeoutMs: number;
  now: () => number;
  /** After a rebalance: who the member is now, and what it has. */
  onAssigned: (member: string, partitions: readonly number[]) => void;
  /** Whether they were taken; if not, they are fetched again. `end` is where the log of the partition ends. */
  onMessages: (partition: number, messages: readonly KafkaMessage[], end: number) => Promise<boolean>;
  onFailed: (error: unknown) => void;
}

/**
 * The client's membership in a group, its fetching, and its commits.
 *
 * Commits go through a batch's own `commitOffsetsIfNecessary`: it takes the member and the generation of the moment and does
 * not try again, while the client's `commitOffsets` repeats an old offset under a new membership, and so takes the new
 * owner's offset back.
 */
export class GroupMember {
  readonly #client: Client;
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #lastSignMs: number;
  #left = false;

  constructor(private readonly parts: GroupMemberParts) {
    const { sessionTimeoutMs } = parts;
    this.#lastSignMs = parts.now();
    this.#client = parts.kafka.consumer({
      groupId: parts.group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async (error) => this.#restarts(error) },
    });
  }

  /** Resolves when the client runs; it has joined when `onAssigned` is called. */
  async start(): Promise<void> {
    const client = this.#client;
    const { topic } = this.parts;
    client.on(client.events.GROUP_JOIN, ({ payload }) => {
      this.#sign();
      if (!this.#left) this.parts.onAssigned(payload.memberId, payload.memberAssignment[topic] ?? []);
    });
    for (const event of [client.events.FETCH, client.events.HEARTBEAT]) client.on(event, () => this.#sign());
    await client.connect();
    await client.subscribe({ topics: [topic], fromBeginning: true });
    await client.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#take(payload),
    });
  }

  /** For so long it has neither fetched nor been heard by the group's coordinator. */
  get silentMs(): number {
    return this.parts.now() - this.#lastSignMs;
  }

  /** The next message that it hands over of this partition. */
  seek(partition: number, offset: number): void {
    this.#client.seek({ topic: this.parts.topic, partition, offset: String(offset) });
  }

  pause(partition: number): void {
    this.#client.pause([{ topic: this.parts.topic, partitions: [partition] }]);
  }

  resume(partition: number): void {
    this.#client.resume([{ topic: this.parts.topic, partitions: [partition] }]);
  }

  /** Rejects where the group has moved on, or does not answer. */
  async commit(progress: ReadonlyMap<number, Progress>): Promise<void> {
    const partitions = [...progress].map(([partition, { completed, resumeAt }]) => ({
      partition,
      offset: String(resumeAt),
      metadata: metadataOf(completed),
    }));
    await this.#commit?.({ topics: [{ topic: this.parts.topic, partitions }] });
  }

  async leave(): Promise<void> {
    this.#left = true;
    await this.#client.disconnect();
  }

  async #take({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    if (this.#left) return;
    this.#commit = commitOffsetsIfNecessary;
    const end = Number(batch.highWatermark);
    if (await this.parts.onMessages(batch.partition, batch.messages, end)) resolveOffset(batch.lastOffset());
  }

  #sign(): void {
    this.#lastSignMs = this.parts.now();
  }

  /** The client ends at an error that its own tries did not outlast; what may pass, passes after a restart. */
  #restarts(error: Error): boolean {
    if (this.#left) return false;
    if (isTransient(error)) return true;
    this.parts.onFailed(kafkaFailure(`the group ${this.parts.group} cannot be read`, error));
    return false;
  }
}
