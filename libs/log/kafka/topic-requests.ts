import type { LogTimers } from '../lane.js';
import type { MessagePart } from './message-parts.js';

export interface PartitionMessage extends MessagePart {
  partition: number;
}

export interface TopicRequestsParts {
  /** One request, tried once: resolves when the in-sync replicas have all of it. */
  request(messages: readonly PartitionMessage[]): Promise<void>;
  /**
   * For one message that goes on alone: what to do about each of its failures. Resolves when it is to be tried again, rejects
   * where it has failed for good.
   */
  newPatience(): (failure: unknown) => Promise<void>;
  timers: LogTimers;
  now: () => number;
}

interface Waiting {
  message: PartitionMessage;
  resolve(): void;
  reject(error: unknown): void;
}

/** A request costs client and broker much more than a message in it: so many ms apart they begin. The first goes at once. */
const SPACING_MS = 10;
/** Far below what brokers take (`socket.request.max.bytes`, 100 MB). */
const REQUEST_BYTES = 8 * 1024 * 1024;

/**
 * Messages for different partitions of a topic share requests. Each partition has one message under way at a time, by whoever
 * sends (`PartitionSender`), and so one request: those of different partitions need not wait for one another.
 *
 * A request fails whole where one of its partitions does. So what shared one that failed goes on alone, each by itself, until it
 * has succeeded: a partition without a leader neither holds up the others nor has them repeated, but for that once.
 */
export class TopicRequests {
  #waiting: Waiting[] = [];
  #begunMs = Number.NEGATIVE_INFINITY;
  #timer: unknown;

  constructor(private readonly parts: TopicRequestsParts) {}

  send(partition: number, part: MessagePart): Promise<void> {
    const sent = new Promise<void>((resolve, reject) =>
      this.#waiting.push({ message: { partition, ...part }, resolve, reject }),
    );
    this.#arm();
    return sent;
  }

  /** What has not been sent yet is not sent any more. */
  fail(reason: unknown): void {
    if (this.#timer !== undefined) this.parts.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0) return;
    const leftMs = Math.max(0, this.#begunMs + SPACING_MS - this.parts.now());
    this.#timer = this.parts.timers.setTimeout(() => {
      this.#timer = undefined;
      this.#begunMs = this.parts.now();
      void this.#request(this.#take());
      this.#arm();
    }, leftMs);
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { message } of this.#waiting) {
      bytes += message.value.length;
      if (count > 0 && bytes > REQUEST_BYTES) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #request(taken: readonly Waiting[]): Promise<void> {
    try {
      await this.parts.request(taken.map(({ message }) => message));
      for (const { resolve } of taken) resolve();
    } catch (failure) {
      const isShared = taken.length > 1;
      for (const each of taken) void this.#alone(each, isShared ? undefined : { failure });
    }
  }

  /** `failed`: alone it was tried already. */
  async #alone({ message, resolve, reject }: Waiting, failed: { failure: unknown } | undefined): Promise<void> {
    const untilAgain = this.parts.newPatience();
    try {
      for (let last = failed; ; ) {
        if (last !== undefined) await untilAgain(last.failure);
        last = await this.#tried(message);
        if (last === undefined) return resolve();
      }
    } catch (error) {
      reject(error);
    }
  }

  async #tried(message: PartitionMessage): Promise<{ failure: unknown } | undefined> {
    try {
      await this.parts.request([message]);
      return undefined;
    } catch (failure) {
      return { failure };
    }
  }
}
