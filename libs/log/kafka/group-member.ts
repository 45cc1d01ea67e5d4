import type { Consumer as Client, EachBatchPayload, Kafka } from 'kafkajs';
import type { KafkaMessage, Progress } from './assigned-partition.js';
import { RETRY } from './kafka-client.js';
import { KafkaJSNonRetriableError } from './kafkajs.js';
import { metadataOf } from './start-offsets.js';

/** Two heartbeats may be lost. */
const HEARTBEATS_PER_SESSION = 3;
/** A fetch waits so long for records; a heartbeat may wait behind it. */
const FETCH_WAIT_MS = 500;
/** Of one response, all of which is in memory at once; a message that is larger comes all the same, alone. */
const FETCH_BYTES = 4 * 1024 * 1024;
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
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
  /** The client has ended, and will not go on. */
  onEnded: (error: Error) => void;
}

/**
 * The client's membership in a group, its fetching, and its commits.
 *
 * - **Commits** go through a batch's own `commitOffsetsIfNecessary`: it takes the member and the generation of the moment and
 *   does not try again, while the client's `commitOffsets` repeats an old offset under a new membership, and so takes the new
 *   owner's offset back.
 * - **Leaving** waits until the client has begun: one that is stopped while it joins would join all the same, and keep its
 *   partitions from everybody.
 * - **Pauses** are the client's own, and outlive an assignment.
 */
export class GroupMember {
  readonly #client: Client;
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #lastSignMs: number;
  #starting: Promise<void> | undefined;
  #left = false;

  constructor(private readonly parts: GroupMemberParts) {
    const { sessionTimeoutMs, topic } = parts;
    this.#lastSignMs = parts.now();
    const client = parts.kafka.consumer({
      groupId: parts.group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => !this.#left },
    });
    this.#client = client;
    client.on(client.events.GROUP_JOIN, ({ payload }) => {
      this.#sign();
      if (!this.#left) parts.onAssigned(payload.memberId, payload.memberAssignment[topic] ?? []);
    });
    for (const event of [client.events.FETCH, client.events.HEARTBEAT]) client.on(event, () => this.#sign());
    client.on(client.events.CRASH, ({ payload }) => this.#crashed(payload));
  }

  /** Resolves when the client runs; it has joined when `onAssigned` is called. To be called again where it rejects. */
  start(): Promise<void> {
    this.#starting = this.#begin();
    return this.#starting;
  }

  async #begin(): Promise<void> {
    const client = this.#client;
    await client.connect();
    if (this.#left) return;
    await client.subscribe({ topics: [this.parts.topic], fromBeginning: true });
    if (this.#left) return;
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
    const { topic } = this.parts;
    this.#whileRunning(() => this.#client.seek({ topic, partition, offset: String(offset) }));
  }

  pause(partition: number): void {
    this.#whileRunning(() => this.#client.pause([{ topic: this.parts.topic, partitions: [partition] }]));
  }

  resume(partition: number): void {
    this.#whileRunning(() => this.#client.resume([{ topic: this.parts.topic, partitions: [partition] }]));
  }

  /** Rejects where the group has moved on, does not answer, or nothing was fetched yet. */
  async commit(progress: ReadonlyMap<number, Progress>): Promise<void> {
    if (this.#commit === undefined) throw new Error('this member has fetched nothing yet, so it cannot commit');
    const partitions = [...progress].map(([partition, { completed, resumeAt }]) => ({
      partition,
      offset: String(resumeAt),
      metadata: metadataOf(completed),
    }));
    await this.#commit({ topics: [{ topic: this.parts.topic, partitions }] });
  }

  async leave(): Promise<void> {
    this.#left = true;
    await this.#starting?.catch(() => undefined);
    await this.#client.disconnect();
  }

  async #take({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    // Ends the client, should it have joined all the same.
    if (this.#left) throw new KafkaJSNonRetriableError('this member has left its group');
    this.#commit = commitOffsetsIfNecessary;
    const end = Number(batch.highWatermark);
    if (await this.parts.onMessages(batch.partition, batch.messages, end)) resolveOffset(batch.lastOffset());
  }

  /** Between a crash of the client and its restart it knows no partitions; all of them are assigned anew then. */
  #whileRunning(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof KafkaJSNonRetriableError)) throw error;
    }
  }

  #sign(): void {
    this.#lastSignMs = this.parts.now();
  }

  /** The client restarts by itself after what its own tries did not outlast; all else has ended it. */
  #crashed({ error, restart }: { error: Error; restart: boolean }): void {
    if (!restart && !this.#left) this.parts.onEnded(error);
  }
}
