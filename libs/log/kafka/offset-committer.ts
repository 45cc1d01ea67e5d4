import type { LogTimers } from '../lane.js';
import type { Progress } from './assigned-partition.js';

/** Between two commits: what completes meanwhile goes with the next one. */
const COMMIT_EVERY_MS = 200;
const AGAIN_AFTER_MS = 500;

/**
 * Commits the offsets below which everything is completed: one commit at a time, the newest of each partition. A commit that
 * fails is made again while its partition is ours; where the group has moved on, the broker refuses it, and the next owner
 * gets the records again.
 */
export class OffsetCommitter {
  readonly #pending = new Map<number, Progress>();
  #running: Promise<void> | undefined;
  #timer: unknown;
  #closed = false;

  constructor(
    private readonly timers: LogTimers,
    /** What is pending may be forgotten until this resolves. */
    private readonly ready: () => Promise<void>,
    private readonly commit: (progress: ReadonlyMap<number, Progress>) => Promise<void>,
  ) {}

  completed(partition: number, progress: Progress): void {
    this.#pending.set(partition, progress);
    this.#schedule(COMMIT_EVERY_MS);
  }

  /** No longer ours: another owner commits. */
  forget(partition: number): void {
    this.#pending.delete(partition);
  }

  /** The last commit, of all that has completed; a failure only means that the next owner repeats. */
  async close(): Promise<void> {
    this.#closed = true;
    this.timers.clearTimeout(this.#timer);
    await this.#running;
    await this.#flush();
  }

  #schedule(ms: number): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = this.timers.setTimeout(() => {
      this.#timer = undefined;
      this.#running ??= this.#flush().finally(() => {
        this.#running = undefined;
        if (this.#pending.size > 0) this.#schedule(AGAIN_AFTER_MS);
      });
    }, ms);
  }

  async #flush(): Promise<void> {
    await this.ready();
    const progress = new Map(this.#pending);
    if (progress.size === 0) return;
    try {
      await this.commit(progress);
    } catch {
      return;
    }
    for (const [partition, committed] of progress) {
      if (this.#pending.get(partition) === committed) this.#pending.delete(partition);
    }
  }
}
