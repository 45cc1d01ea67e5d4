import type { LogRecord } from '#log';

/** What one request brought: it is completed as a whole. */
export interface SimMessage {
  readonly offset: number;
  readonly records: readonly LogRecord[];
}

/** The first offset that a partition has, and the one that comes next. */
export interface Bounds {
  low: number;
  high: number;
}

/** One partition as the broker has it. */
export class SimPartitionLog {
  #messages: SimMessage[] = [];
  #low = 0;

  get bounds(): Bounds {
    return { low: this.#low, high: this.#low + this.#messages.length };
  }

  get messages(): readonly SimMessage[] {
    return this.#messages;
  }

  append(records: readonly LogRecord[]): SimMessage {
    const message = { offset: this.#low + this.#messages.length, records };
    this.#messages.push(message);
    return message;
  }

  from(offset: number): readonly SimMessage[] {
    return this.#messages.slice(Math.max(0, offset - this.#low));
  }

  deleteBelow(offset: number): void {
    const deleted = this.#messages.splice(0, Math.max(0, offset - this.#low));
    this.#low += deleted.length;
  }

  /** What comes next gets the offsets of what is lost. */
  loseLast(count: number): void {
    const high = Math.max(0, this.bounds.high - count);
    this.#messages.splice(Math.max(0, high - this.#low));
    this.#low = Math.min(this.#low, high);
  }
}

interface Watcher {
  partitions: ReadonlySet<number>;
  wake(): void;
}

/** A topic as the broker has it, and who waits for something to happen to it. */
export class SimTopic {
  readonly #partitions: SimPartitionLog[];
  readonly #watchers = new Map<object, Watcher>();

  constructor(
    readonly name: string,
    partitions: number,
    private readonly onAppended: (partition: number, message: SimMessage) => void = () => undefined,
  ) {
    this.#partitions = Array.from({ length: partitions }, () => new SimPartitionLog());
  }

  get partitions(): readonly SimPartitionLog[] {
    return this.#partitions;
  }

  grow(): void {
    this.#partitions.push(new SimPartitionLog());
  }

  partition(index: number): SimPartitionLog {
    const found = this.#partitions[index];
    if (found === undefined) throw new RangeError(`topic ${this.name} has no partition ${index}`);
    return found;
  }

  append(partition: number, records: readonly LogRecord[]): void {
    this.onAppended(partition, this.partition(partition).append(records));
    this.#wake(({ partitions }) => partitions.has(partition));
  }

  /** Once, when one of these partitions has more, or the topic is not what it was. One watch a reader. */
  watch(reader: object, watcher: Watcher): void {
    this.#watchers.set(reader, watcher);
  }

  damaged(): void {
    this.#wake(() => true);
  }

  #wake(isConcerned: (watcher: Watcher) => boolean): void {
    for (const [reader, watcher] of this.#watchers) {
      if (!isConcerned(watcher)) continue;
      this.#watchers.delete(reader);
      watcher.wake();
    }
  }
}
