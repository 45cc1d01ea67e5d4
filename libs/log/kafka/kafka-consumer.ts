import type { Admin, Kafka } from 'kafkajs';
import { MillraceError } from '#errors';
import type { LogTimers } from '../lane.js';
import type { BatchHandler, ConsumeOptions, Consumer, LogRecord } from '../log.js';
import { topicMissing } from '../topic-missing.js';
import { within } from '../within.js';
import {
  AssignedPartition,
  type KafkaMessage,
  partitionMaxBytes,
  type Progress,
  UnexpectedOffset,
} from './assigned-partition.js';
import { CompletedRecords } from './completed-records.js';
import { GroupMember } from './group-member.js';
import { Intake } from './intake.js';
import { isTransient, kafkaFailure } from './kafka-errors.js';
import type { KafkaNotice } from './kafka-options.js';
import { OffsetCommitter } from './offset-committer.js';
import { committedOffsets, completedBelow, damaged, startOffsets } from './start-offsets.js';
import { GONE_AFTER_MS, TopicAbsence } from './topic-absence.js';

const LEAVE_TIMEOUT_MS = 5_000;
const AGAIN_AFTER_MS = 500;
/** The client has been seen to stop without a word; it is looked after so often, in parts of the time that it may be silent. */
const LOOKS_PER_STALL = 4;

export interface KafkaConsumerParts {
  kafka: Kafka;
  admin: () => Promise<Admin>;
  topic: string;
  group: string;
  options: ConsumeOptions;
  handler: BatchHandler<LogRecord>;
  sessionTimeoutMs: number;
  stallTimeoutMs: number;
  deleteEveryMs: number | undefined;
  timers: LogTimers;
  now: () => number;
  onNotice: (notice: KafkaNotice) => void;
}

/**
 * One consumer of a group: messages go into the queues of its partitions, so that heartbeats never wait for a handler. Full
 * queues pause their partitions (`Intake`).
 *
 * - **Rebalance.** The client tells of it only afterwards. A partition that is kept goes on where its queue ends; one that was
 *   lost, and all of them where the member is another one than before, is left: what finishes late meets the fence, and
 *   is not committed. A member may miss that another one had a partition between two of its own assignments: then more is
 *   committed than it has completed, and the partition is left, too, and taken anew. Nothing is committed until that is known.
 * - **Damage.** Each message must be the next one; see `startOffsets` for the first.
 * - **Silence.** A client that neither fetches nor beats for `stallTimeoutMs` is replaced.
 */
export class KafkaConsumer implements Consumer {
  readonly failed: Promise<never>;
  readonly #partitions = new Map<number, AssignedPartition>();
  readonly #committer: OffsetCommitter;
  readonly #completed: CompletedRecords | undefined;
  readonly #intake: Intake;
  #group: GroupMember;
  #member: string | undefined;
  /** Of the last assignments: compared with the log, before anything of them is queued. */
  #checked: Promise<void> = Promise.resolve();
  #joined = (): void => undefined;
  #reject!: (error: unknown) => void;
  #watch: unknown;
  /** By all looks since then; one at a time. */
  #awaySinceMs: number | undefined;
  #isLooking = false;
  #paused = false;
  #ended = false;
  #stopping: Promise<void> | undefined;

  constructor(private readonly parts: KafkaConsumerParts) {
    const { timers, topic, admin, deleteEveryMs, options } = parts;
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.failed.catch(() => undefined);
    if (options.isOnlyGroup) this.#completed = new CompletedRecords(topic, admin, timers, deleteEveryMs);
    this.#committer = new OffsetCommitter(
      timers,
      () => this.#whenChecked(),
      (progress) => this.#commit(progress),
    );
    this.#group = this.#newMember();
    const client = {
      pause: (partition: number) => this.#group.pause(partition),
      resume: (partition: number) => this.#group.resume(partition),
    };
    this.#intake = new Intake(this.#partitions, client, partitionMaxBytes(options));
  }

  /** Resolves when it is a member of its group. */
  async start(): Promise<void> {
    const joined = new Promise<void>((resolve) => {
      this.#joined = resolve;
    });
    await this.#begin();
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
    this.#stopping ??= within(this.parts.timers, LEAVE_TIMEOUT_MS, this.#group.leave());
    return this.#stopping;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#end();
    const reason = new Error(`the consumer of ${this.parts.topic} stops`);
    const partitions = [...this.#partitions.values()];
    for (const partition of partitions) partition.abort(reason);
    for (const index of this.#partitions.keys()) this.#group.pause(index);
    await within(this.parts.timers, deadlineMs, Promise.all(partitions.map((partition) => partition.idle())));
    await within(this.parts.timers, LEAVE_TIMEOUT_MS, this.#committer.close());
    for (const partition of this.#partitions.keys()) this.#leave(partition, reason);
    await within(this.parts.timers, LEAVE_TIMEOUT_MS, this.#group.leave());
  }

  #end(): void {
    this.#ended = true;
    this.#completed?.close();
    this.parts.timers.clearTimeout(this.#watch);
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    void this.cut(error);
    this.#reject(error);
  }

  #newMember(): GroupMember {
    const { kafka, topic, group, sessionTimeoutMs, now } = this.parts;
    const member: GroupMember = new GroupMember({
      kafka,
      topic,
      group,
      sessionTimeoutMs,
      now,
      onAssigned: (id, partitions) => member === this.#group && this.#assigned(id, partitions),
      onMessages: async (partition, messages, end) => member === this.#group && this.#fill(partition, messages, end),
      onEnded: (error) => member === this.#group && this.#clientEnded(error),
    });
    return member;
  }

  /** What may pass does so with another client. */
  #clientEnded(error: Error): void {
    if (this.#ended) return;
    if (!isTransient(error)) return this.#fail(kafkaFailure(`the group ${this.parts.group} cannot be read`, error));
    void this.#replace().catch((reason) => this.#fail(reason));
  }

  async #begin(): Promise<void> {
    const member = this.#group;
    const what = `the group ${this.parts.group} cannot be joined`;
    await this.#patiently(
      what,
      () => member === this.#group,
      () => member.start(),
    );
  }

  #look(): void {
    const { timers, stallTimeoutMs, onNotice, topic, group } = this.parts;
    if (this.#ended) return;
    this.#watch = timers.setTimeout(() => {
      const { silentMs } = this.#group;
      if (silentMs > stallTimeoutMs) {
        const message = `the client has been silent for ${Math.round(silentMs)} ms, and is replaced`;
        onNotice({ level: 'warn', message, context: { topic, group } });
        void this.#replace().catch((error) => this.#fail(error));
      }
      void this.#lookForTopic();
      this.#look();
    }, stallTimeoutMs / LOOKS_PER_STALL);
  }

  /** The client waits without end for a topic that is gone. One look tells nothing: a broker may not have heard of it yet. */
  async #lookForTopic(): Promise<void> {
    const { topic, admin, now } = this.parts;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const isThere = (await (await admin()).listTopics()).includes(topic);
      this.#awaySinceMs = isThere ? undefined : (this.#awaySinceMs ?? now());
      if (now() - (this.#awaySinceMs ?? now()) >= GONE_AFTER_MS) this.#fail(topicMissing(topic));
    } catch {
      this.#awaySinceMs = undefined;
    } finally {
      this.#isLooking = false;
    }
  }

  /** The partitions stay until the new member is told of its own: their work goes on, and is not committed by the old one. */
  async #replace(): Promise<void> {
    const old = this.#group;
    this.#group = this.#newMember();
    old.leave().catch(() => undefined);
    await this.#begin();
  }

  #assigned(member: string, partitions: readonly number[]): void {
    const isSameMember = member === this.#member;
    this.#member = member;
    const reason = new Error(`the group ${this.parts.group} is rebalanced`);
    for (const partition of this.#partitions.keys()) {
      if (!isSameMember || !partitions.includes(partition)) this.#leave(partition, reason);
    }
    for (const partition of this.#partitions.values()) partition.isDoubtful = false;
    for (const partition of partitions) if (!this.#partitions.has(partition)) this.#take(partition);
    this.#intake.released();
    this.parts.options.onAssigned?.([...this.#partitions.keys()]);
    const assigned = new Map(this.#partitions);
    this.#checked = this.#checked.then(() => this.#check(assigned));
    this.#checked.catch((error) => this.#fail(error));
    this.#joined();
  }

  #take(index: number): AssignedPartition {
    const taken = this.#partition(index);
    this.#partitions.set(index, taken);
    this.#group.resume(index); // The client may have it paused from a former assignment.
    return taken;
  }

  #partition(partition: number): AssignedPartition {
    const { options, handler, timers } = this.parts;
    return new AssignedPartition({
      partition,
      options,
      handler,
      timers,
      taking: () => !this.#paused && !this.#ended,
      onCompleted: (progress) => {
        this.#committer.completed(partition, progress);
        if (!this.#ended) this.#intake.released();
      },
      onFailed: (error) => this.#fail(error),
    });
  }

  #leave(partition: number, reason: unknown): void {
    const left = this.#partitions.get(partition);
    left?.leave(reason);
    if (left) this.#notice('a partition is given up', partition, left.next);
    this.#partitions.delete(partition);
    this.#committer.forget(partition);
  }

  #notice(message: string, partition: number, offset: number | undefined): void {
    const { onNotice, topic } = this.parts;
    onNotice({ level: 'info', message, context: { topic, partition, offset } });
  }

  /** Of an assignment: kept partitions are as they were left, added ones begin where the group has come to. */
  async #check(assigned: ReadonlyMap<number, AssignedPartition>): Promise<void> {
    const ours = [...assigned].filter(([index, partition]) => this.#partitions.get(index) === partition);
    const added = new Map(ours.filter(([, { next }]) => next === undefined));
    const kept = new Map(ours.filter(([, { next }]) => next !== undefined));
    if (kept.size > 0) for (const [index, again] of await this.#checkKept(kept)) added.set(index, again);
    if (added.size > 0) await this.#checkAdded(added);
  }

  /**
   * Those that another member had meanwhile are taken anew; the others go on where they were. Not before this is known: where
   * what comes next was deleted, the client would commit an offset of its own.
   */
  async #checkKept(kept: ReadonlyMap<number, AssignedPartition>): Promise<Map<number, AssignedPartition>> {
    const { topic, group, admin } = this.parts;
    const what = `the offsets of ${topic} cannot be read`;
    const isWanted = (): boolean => this.#areOurs(kept);
    const committed = await this.#patiently(what, isWanted, async () =>
      committedOffsets(await admin(), { group, topic }),
    );
    const again = new Map<number, AssignedPartition>();
    for (const [index, partition] of kept) {
      if (this.#partitions.get(index) !== partition || partition.next === undefined) continue;
      const found = committed?.get(index);
      if (committed !== undefined && (found === undefined || completedBelow(found) <= partition.completed)) {
        if (found?.offset !== partition.next) this.#group.seek(index, partition.next);
        continue;
      }
      this.#leave(index, new Error(`another member of ${group} had partition ${index}`));
      if (!this.#ended) again.set(index, this.#take(index));
    }
    if (again.size > 0) this.parts.options.onAssigned?.([...this.#partitions.keys()]);
    return again;
  }

  async #checkAdded(added: ReadonlyMap<number, AssignedPartition>): Promise<void> {
    const { topic, group, admin } = this.parts;
    const what = `the offsets of ${topic} cannot be read`;
    const isWanted = (): boolean => this.#areOurs(added);
    const partitions = [...added.keys()];
    const starts = await this.#patiently(what, isWanted, async () =>
      startOffsets(await admin(), { group, topic, partitions }),
    );
    for (const [index, partition] of added) {
      const start = starts?.get(index);
      if (start === undefined || this.#partitions.get(index) !== partition) continue;
      partition.begin(start);
      this.#notice('a partition is taken', index, start.next);
    }
  }

  #areOurs(partitions: ReadonlyMap<number, AssignedPartition>): boolean {
    return [...partitions].some(([index, partition]) => this.#partitions.get(index) === partition);
  }

  async #fill(index: number, messages: readonly KafkaMessage[], end: number): Promise<boolean> {
    await this.#whenChecked();
    const partition = this.#partitions.get(index);
    if (partition?.next === undefined || this.#ended || !this.#intake.admits(index)) return false;
    try {
      partition.take(messages, end);
    } catch (error) {
      this.#refuse(partition, index, error);
      return false;
    }
    partition.isDoubtful = false;
    this.#intake.taken();
    return true;
  }

  /** Another assignment may come while the offsets of this one are looked at. */
  async #whenChecked(): Promise<void> {
    for (;;) {
      const checked = this.#checked;
      await checked.catch(() => undefined);
      if (checked === this.#checked) return;
    }
  }

  /**
   * A fetch that was on its way while the group changed may be of another place: once, what must come next is asked for.
   * Where the log does not have it, the client begins anew at one of its ends, and again something else comes.
   */
  #refuse(partition: AssignedPartition, index: number, error: unknown): void {
    if (error instanceof UnexpectedOffset && !partition.isDoubtful && partition.next !== undefined) {
      partition.isDoubtful = true;
      this.#group.seek(index, partition.next);
      return;
    }
    const how = error instanceof UnexpectedOffset ? error.message : 'a message cannot be read';
    this.#fail(damaged(this.parts.topic, index, how, error));
  }

  async #commit(progress: ReadonlyMap<number, Progress>): Promise<void> {
    await this.#group.commit(progress);
    for (const [partition, { resumeAt }] of progress) this.#completed?.committed(partition, resumeAt);
  }

  /** Again and again while it may help and is wanted; undefined where it is wanted no more. */
  async #patiently<T>(what: string, isWanted: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
    const absence = new TopicAbsence(this.parts.topic, this.parts.now);
    while (isWanted() && !this.#ended) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof MillraceError) throw error;
        if (!absence.may(error) && !isTransient(error)) throw kafkaFailure(what, error);
        await new Promise<void>((resolve) => this.parts.timers.setTimeout(resolve, AGAIN_AFTER_MS));
      }
    }
    return undefined;
  }
}
