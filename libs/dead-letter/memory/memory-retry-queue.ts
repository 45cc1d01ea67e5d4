import type { RetryQueue, RetryTimers, TouchAgain } from '../retry-queue.js';

interface Waiting {
  collection: number;
  root: string;
  dueMs: number;
}

const TICK_MS = 500;
/** Roots that one tick touches at most: retries of many letters leave room for the changes that come. */
const ROOTS_PER_TICK = 1_000;
/** Roots that wait at most: every document of a job can be a letter, and memory is not without end. */
const MOST_WAITING = 100_000;

/** The queue of one process, in memory: lost with it, and filled again from the letters when the job goes on. */
export class MemoryRetryQueue implements RetryQueue {
  private readonly waiting = new Map<string, Waiting>();
  private left = false;
  private timer: unknown;
  private running = 0;
  private stopped = false;

  constructor(
    private readonly timers: RetryTimers,
    private readonly touch: TouchAgain,
    /** A touch that failed for good: the log has. */
    private readonly onFailure: (error: unknown) => void,
    private readonly most = MOST_WAITING,
  ) {}

  lacks(): boolean {
    if (!this.left || this.waiting.size > this.most / 2) return false;
    this.left = false;
    return true;
  }

  add(collection: number, roots: readonly string[], dueMs = this.timers.now()): void {
    if (this.stopped) return;
    for (const root of roots) {
      const name = `${collection}:${root}`;
      const present = this.waiting.get(name);
      if (present === undefined && this.waiting.size >= this.most) this.left = true;
      else if (present === undefined) this.waiting.set(name, { collection, root, dueMs });
      else present.dueMs = Math.min(present.dueMs, dueMs);
    }
    this.arm(dueMs <= this.timers.now() ? 0 : TICK_MS);
  }

  async idle(): Promise<boolean> {
    if (this.running > 0) return false;
    const now = this.timers.now();
    for (const waiting of this.waiting.values()) if (waiting.dueMs <= now) return false;
    return true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting.clear();
    if (this.timer !== undefined) this.timers.clearTimeout(this.timer);
  }

  private arm(ms: number): void {
    if (this.timer !== undefined) {
      if (ms > 0) return;
      this.timers.clearTimeout(this.timer);
    }
    this.timer = this.timers.setTimeout(() => {
      this.timer = undefined;
      this.tick();
    }, ms);
  }

  private tick(): void {
    const now = this.timers.now();
    const due = new Map<number, string[]>();
    let taken = 0;
    for (const [name, waiting] of this.waiting) {
      if (waiting.dueMs > now) continue;
      if (taken++ >= ROOTS_PER_TICK) break;
      this.waiting.delete(name);
      const roots = due.get(waiting.collection);
      if (roots) roots.push(waiting.root);
      else due.set(waiting.collection, [waiting.root]);
    }
    for (const [collection, roots] of due) this.send(collection, roots);
    if (this.waiting.size > 0 && !this.stopped) this.arm(TICK_MS);
  }

  private send(collection: number, roots: readonly string[]): void {
    this.running++;
    this.touch(collection, roots)
      .catch((error: unknown) => {
        if (!this.stopped) this.onFailure(error);
      })
      .finally(() => {
        this.running--;
      });
  }
}
