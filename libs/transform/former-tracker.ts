import { awaitedLater } from '#log';
import type { FormerEntry, RowsFence } from '#stage';

/**
 * Which entries of a partition's `former` this owner has yet to deal with. An owner that has just begun knows none, so it
 * touches what every entry that it finds leads to: that is what a crash between staging and touching needs. Afterwards it
 * skips those whose touches it appends itself, and takes them out of the fence once these have resolved. Who skips them is done when
 * these are: a batch that is delivered again while its first delivery still looks for roots has none of its own to wait for.
 */
export class FormerTracker {
  private readonly touching = new Set<string>();
  private readonly resolved = new Set<string>();
  /** All that was begun so far. */
  private underway: Promise<unknown> = Promise.resolve();

  /** Entries in the fence that a batch must touch, but for its own new ones. */
  due(fence: RowsFence): FormerEntry[] {
    return fence.former.filter((entry) => !this.touching.has(nameOf(entry)) && !this.resolved.has(nameOf(entry)));
  }

  /**
   * What of the fence's entries stays when a transaction rewrites them. Pure: the transaction may run again. `over`: names of all that
   * need no room here once it has committed, those included that somebody else has taken out.
   */
  split(fence: RowsFence): { kept: FormerEntry[]; dropped: FormerEntry[]; over: string[] } {
    const kept: FormerEntry[] = [];
    const dropped: FormerEntry[] = [];
    for (const entry of fence.former) (this.resolved.has(nameOf(entry)) ? dropped : kept).push(entry);
    return { kept, dropped, over: [...this.resolved] };
  }

  get trimmable(): number {
    return this.resolved.size;
  }

  /** `work` resolves when touches that include these entries can no longer be lost; what is returned, when those begun before cannot either. */
  begin(entries: readonly FormerEntry[], work: Promise<unknown>): Promise<void> {
    for (const entry of entries) this.touching.add(nameOf(entry));
    const touched = awaitedLater(Promise.all([work, this.underway]).then(() => this.resolve(entries)));
    this.underway = touched;
    return touched;
  }

  private resolve(entries: readonly FormerEntry[]): void {
    for (const entry of entries) {
      this.touching.delete(nameOf(entry));
      this.resolved.add(nameOf(entry));
    }
  }

  /** A transaction that dropped these from the fence, or did not find them there, has committed. */
  trimmed(over: readonly string[]): void {
    for (const name of over) this.resolved.delete(name);
  }
}

/** By position, so that an equal newer entry is another one. */
function nameOf(entry: FormerEntry): string {
  return `${entry.table}:${entry.at}:${entry.key}`;
}
