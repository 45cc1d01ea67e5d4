import type { DueRoot } from './root-job.js';

/** About what a root costs beside its text. */
const ENTRY_BYTES = 256;

/** Roots that wait to be sent, each once, bounded by bytes. */
export class PendingRoots {
  private readonly roots = new Map<string, DueRoot>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get isEmpty(): boolean {
    return this.roots.size === 0;
  }

  get isHalfEmpty(): boolean {
    return this.bytes <= this.maxBytes / 2;
  }

  /** False where there is no room. The same root again takes the earlier of both times. */
  add({ collection, root, dueMs }: DueRoot): boolean {
    const name = `${collection}:${root}`;
    const present = this.roots.get(name);
    if (present !== undefined) {
      present.dueMs = Math.min(present.dueMs, dueMs);
      return true;
    }
    const bytes = bytesOf(root);
    if (this.bytes + bytes > this.maxBytes) return false;
    this.bytes += bytes;
    this.roots.set(name, { collection, root, dueMs });
    return true;
  }

  /** Those that have waited longest. */
  take(count: number): DueRoot[] {
    const taken: DueRoot[] = [];
    for (const [name, each] of this.roots) {
      if (taken.length >= count) break;
      this.roots.delete(name);
      this.bytes -= bytesOf(each.root);
      taken.push(each);
    }
    return taken;
  }

  hasDue(now: number): boolean {
    for (const { dueMs } of this.roots.values()) if (dueMs <= now) return true;
    return false;
  }
}

export const bytesOf = (root: string): number => ENTRY_BYTES + 2 * root.length;
