import type { Admin } from 'kafkajs';
import type { LogTimers } from '../lane.js';

/** Deleting is a request to each partition's leader, and brokers drop whole segments only: it need not be often. */
const DELETE_EVERY_MS = 30_000;

/**
 * Deletes the records below the committed offsets of a topic's only group: retention is unlimited, so nothing else does.
 * Only ever after a commit; a failure means that they stay until the next time.
 */
export class CompletedRecords {
  readonly #committed = new Map<number, number>();
  #timer: unknown;
  #closed = false;

  constructor(
    private readonly topic: string,
    private readonly admin: () => Promise<Admin>,
    private readonly timers: LogTimers,
    private readonly everyMs = DELETE_EVERY_MS,
  ) {}

  committed(partition: number, offset: number): void {
    this.#committed.set(partition, offset);
    if (this.#closed) return;
    this.#timer ??= this.timers.setTimeout(() => {
      this.#timer = undefined;
      void this.#delete();
    }, this.everyMs);
  }

  close(): void {
    this.#closed = true;
    this.timers.clearTimeout(this.#timer);
  }

  async #delete(): Promise<void> {
    const partitions = [...this.#committed].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    this.#committed.clear();
    try {
      const admin = await this.admin();
      await admin.fetchTopicOffsets(this.topic); // The client must have seen the topic to know its leaders.
      await admin.deleteTopicRecords({ topic: this.topic, partitions });
    } catch {
      // They stay until the next time, by what was committed then.
      for (const { partition, offset } of partitions) {
        if (!this.#committed.has(partition)) this.#committed.set(partition, Number(offset));
      }
    }
  }
}
