import type { RetryQueueParts } from '../retry-queue.js';

interface Group {
  roots: string[];
  touched: Promise<void>;
}

const GATHER_MS = 5;

/** Makes one touch of the jobs that BullMQ hands over one by one, at about the same time; its concurrency bounds them. */
export class TouchGroups {
  private readonly gathering = new Map<number, Group>();
  private stopped = false;

  constructor(private readonly parts: RetryQueueParts) {}

  /** Resolves when the touch that it is part of has ended; one that failed for good has been told. */
  touch(collection: number, root: string): Promise<void> {
    const group = this.gathering.get(collection) ?? this.begin(collection);
    group.roots.push(root);
    return group.touched;
  }

  /** What fails from now on is not told. */
  stop(): void {
    this.stopped = true;
  }

  private begin(collection: number): Group {
    const roots: string[] = [];
    const gathered = new Promise<void>((resolve) => {
      this.parts.timers.setTimeout(resolve, GATHER_MS);
    });
    const touched = gathered.then(() => {
      this.gathering.delete(collection);
      return this.send(collection, roots);
    });
    const group = { roots, touched };
    this.gathering.set(collection, group);
    return group;
  }

  private async send(collection: number, roots: readonly string[]): Promise<void> {
    try {
      await this.parts.touch(collection, roots);
    } catch (error) {
      if (!this.stopped) this.parts.onFailure(error);
    }
  }
}
