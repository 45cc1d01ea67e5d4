import { LOG_ERRORS, type LogRecord, type TopicSpec } from '#log';
import { MillraceError } from '#errors';
import type { Kernel, Random, SimProcess } from '../kernel/index.js';
import { type MemberParts, SimGroup, type SimMember } from './sim-group.js';
import { type Bounds, type SimMessage, SimTopic } from './sim-topic.js';

export interface SimBrokerOptions {
  /** A process that stands still for longer, or was killed, loses its memberships. */
  sessionMs?: number;
  /** Batches, fetches and requests are cut at random, this share of them. */
  cuts?: number;
  /** Of the appends that did not arrive when their connection was lost, this share arrives later all the same. */
  lateArrivals?: number;
}

/** What a broker answers that has not heard of the topic. */
export class UnknownTopic extends Error {
  override readonly name = 'UnknownTopic';
}

export type OnCommitted = (topic: string, group: string, partition: number, offset: number) => void;

export type OnAppended = (topic: string, partition: number, message: SimMessage) => void;

/** Of one partition: what came from `from` on, or why that cannot be. */
export interface Fetched {
  partition: number;
  from: number;
  messages: readonly SimMessage[];
  wrong?: string;
}

/** Who fetches, and what: the next offset of each partition. */
export interface FetchRequest {
  topic: string;
  member: SimMember;
  generation: number;
  next: ReadonlyMap<number, number>;
  /** Called once where there is nothing yet: when there may be. */
  wake(): void;
}

/**
 * The server behind the simulated logs: what is in it survives everything. Its methods are what requests do at the one moment
 * in which they are carried out; processes reach it through `SimLog`, checks and faults directly.
 */
export class SimBroker {
  readonly random: Random;
  readonly options: Required<SimBrokerOptions>;
  readonly #removed = new Set<string>();
  readonly #topics = new Map<string, SimTopic>();
  readonly #groups = new Map<string, Map<string, SimGroup>>();
  readonly #watched = new Set<SimProcess>();
  readonly #onCommitted: OnCommitted[] = [];
  readonly #onAppended: OnAppended[] = [];
  readonly #onReplaced: ((process: SimProcess) => void)[] = [];
  readonly #onLost: ((topic: string) => void)[] = [];

  constructor(
    readonly kernel: Kernel,
    options: SimBrokerOptions = {},
  ) {
    this.random = kernel.random.fork();
    this.options = { sessionMs: 10_000, cuts: 0, lateArrivals: 0.25, ...options };
  }

  // Faults

  /** The group's partitions are given out anew and anyhow, though nobody came or went. */
  rebalance(topic: string): void {
    for (const group of this.groupsOf(topic)) group.redistribute(true);
  }

  /** One member of each group is dropped although it lives: what it has not committed is handed over again. */
  redeliver(topic: string): void {
    for (const group of this.groupsOf(topic)) {
      const { members } = group;
      if (members.length > 0) group.drop(this.random.one(members));
    }
  }

  /** Ends all memberships of the process, as if its sessions were over. */
  drop(process: SimProcess): void {
    for (const groups of this.#groups.values()) {
      for (const group of groups.values())
        for (const member of group.members) if (member.parts.process === process) group.drop(member);
    }
  }

  /** Records below the offset are gone, read or not; without one all of them. */
  truncate(topic: string, partition: number, below = Number.POSITIVE_INFINITY): void {
    const found = this.topic(topic);
    found.partition(partition).deleteBelow(below);
    found.damaged();
  }

  /** Somebody adds a partition; clients hear of it when they ask for the topic again. */
  addPartition(topic: string): void {
    this.topic(topic).grow();
    for (const group of this.groupsOf(topic)) group.redistribute();
  }

  /** A copy that lags becomes the leader: the last messages are gone, though they were acknowledged. */
  electUnclean(topic: string, partition: number, lost: number): void {
    const found = this.topic(topic);
    found.partition(partition).loseLast(lost);
    found.damaged();
    for (const listener of this.#onLost) listener(topic);
  }

  /** Deleted and made anew by somebody else, with as many partitions and nothing in them: nothing is committed any more. */
  recreate(topic: string): void {
    const former = this.topic(topic);
    this.#topics.set(topic, this.#newTopic(topic, former.partitions.length));
    former.damaged();
    for (const group of this.groupsOf(topic)) group.forget();
    for (const listener of this.#onLost) listener(topic);
  }

  // For checks

  /** What the partition has, append by append; what was completed may be gone (`isOnlyGroup`). */
  messages(topic: string, partition: number): readonly SimMessage[] {
    return this.topic(topic).partition(partition).messages;
  }

  records(topic: string, partition: number): LogRecord[] {
    return this.messages(topic, partition).flatMap(({ records }) => records);
  }

  /** The offset (of messages) below which everything is completed; undefined where nothing was committed yet. */
  committed(topic: string, group: string, partition: number): number | undefined {
    return this.group(topic, group).committed.get(partition);
  }

  isDrained(topic: string, group: string): boolean {
    return this.bounds(topic).every(({ high }, partition) => (this.committed(topic, group, partition) ?? 0) >= high);
  }

  /** Told of each offset when it is committed. */
  onCommitted(listener: OnCommitted): void {
    this.#onCommitted.push(listener);
  }

  /** Told of each message when it has arrived. */
  onAppended(listener: OnAppended): void {
    this.#onAppended.push(listener);
  }

  /** Of a process: one of its clients was silent for too long, and it has another one now. */
  clientReplaced(process: SimProcess): void {
    for (const listener of this.#onReplaced) listener(process);
  }

  onReplaced(listener: (process: SimProcess) => void): void {
    this.#onReplaced.push(listener);
  }

  /** Told of each topic that has lost what was acknowledged. */
  onLost(listener: (topic: string) => void): void {
    this.#onLost.push(listener);
  }

  groupsOf(topic: string): readonly SimGroup[] {
    return [...(this.#groups.get(topic)?.values() ?? [])];
  }

  /** Once at least; it may be there again. */
  wasRemoved(topic: string): boolean {
    return this.#removed.has(topic);
  }

  topicNames(): string[] {
    return [...this.#topics.keys()];
  }

  // Requests

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  topic(name: string): SimTopic {
    const found = this.#topics.get(name);
    if (found === undefined) throw new UnknownTopic(`topic ${name} is not known`);
    return found;
  }

  create(topics: readonly TopicSpec[], wereMade: boolean): void {
    const missing = topics.filter(({ name }) => !this.has(name));
    if (wereMade && missing.length > 0) {
      const message = `${missing.map(({ name }) => name).join(', ')}: gone, with the records that were there`;
      throw new MillraceError(LOG_ERRORS.LOG_TOPIC_MISSING, message);
    }
    for (const { name, partitions } of missing) {
      this.#topics.set(name, this.#newTopic(name, partitions));
      for (const group of this.groupsOf(name)) group.redistribute();
    }
    for (const { name, partitions } of topics) {
      const has = this.bounds(name).length;
      const message = `topic ${name} has ${has} partitions, not ${partitions}`;
      if (has !== partitions) throw new MillraceError(LOG_ERRORS.LOG_PARTITIONS_DIFFER, message);
    }
  }

  remove(topics: readonly string[]): void {
    for (const name of topics) {
      this.#removed.add(name);
      const found = this.#topics.get(name);
      this.#topics.delete(name);
      found?.damaged();
      for (const group of this.groupsOf(name)) group.forget();
    }
  }

  bounds(topic: string): Bounds[] {
    return this.topic(topic).partitions.map(({ bounds }) => bounds);
  }

  /** By name: a group is its topic's. */
  group(topic: string, name: string): SimGroup {
    let groups = this.#groups.get(topic);
    if (!groups) this.#groups.set(topic, (groups = new Map()));
    let group = groups.get(name);
    if (!group) groups.set(name, (group = this.#newGroup(topic, name)));
    return group;
  }

  join(topic: string, group: string, parts: MemberParts): SimMember {
    this.topic(topic);
    this.#watch(parts.process);
    return this.group(topic, group).join(parts);
  }

  /** A place that the log does not have is told only to those who may be right about it. */
  fetch({ topic, member, generation, next, wake }: FetchRequest): Fetched[] {
    const found = this.topic(topic);
    const fetched: Fetched[] = [];
    for (const [partition, from] of next) {
      const log = found.partition(partition);
      const { low, high } = log.bounds;
      if (from >= low && from < high) fetched.push({ partition, from, messages: this.#cut(log.from(from)) });
      else if (from !== high && member.group.isCurrent(member, generation))
        fetched.push({ partition, from, messages: [], wrong: `${from} comes next, and the log has ${low} to ${high}` });
    }
    if (fetched.length === 0) found.watch(member, { partitions: new Set(next.keys()), wake });
    return fetched;
  }

  /** From 1 up to `most`; less than that for the share of `cuts`. */
  cut(most: number): number {
    const { cuts } = this.options;
    return cuts > 0 && this.random.chance(cuts) ? this.random.between(1, Math.min(most, SMALL)) : most;
  }

  /** None of them at times, so that of two partitions either one may be first. */
  #cut(messages: readonly SimMessage[]): readonly SimMessage[] {
    const { cuts } = this.options;
    return cuts > 0 && this.random.chance(cuts) ? messages.slice(0, this.random.below(messages.length + 1)) : messages;
  }

  #newTopic(name: string, partitions: number): SimTopic {
    return new SimTopic(name, partitions, (partition, message) => {
      for (const listener of this.#onAppended) listener(name, partition, message);
    });
  }

  #newGroup(topic: string, name: string): SimGroup {
    return new SimGroup({
      kernel: this.kernel,
      random: this.random,
      topic,
      name,
      sessionMs: this.options.sessionMs,
      partitions: () => this.#topics.get(topic)?.partitions.length ?? 0,
      onCommitted: (partition, offset) => {
        for (const listener of this.#onCommitted) listener(topic, name, partition, offset);
      },
    });
  }

  /** Its silence begins when it stands still or is dead, and ends its sessions. */
  #watch(process: SimProcess): void {
    if (this.#watched.has(process)) return;
    this.#watched.add(process);
    const { kernel, options } = this;
    let cancel: (() => void) | undefined;
    process.whenChanged(() => {
      if (process.state === 'running') {
        cancel?.();
        cancel = undefined;
      } else {
        const label = `sessions of ${process.name} are over`;
        cancel ??= kernel.schedule(kernel.servers, label, () => this.drop(process), options.sessionMs);
      }
    });
  }
}

/** Of records or messages: so that what is cut is cut often enough to matter. */
const SMALL = 8;
