import { awaitedLater } from '#log';

/**
 * Owns one invariant: when may the source forget. A commit is confirmed only when everything appended for it and for all
 * commits before it has resolved; commits are confirmed in their order, never one that something earlier holds up.
 */
export class PositionTracker {
  private readonly open: { commit: bigint; committedAtMs: number; resolved: boolean }[] = [];
  private pending: Promise<void>[] = [];
  private failed = false;
  /** Everything of the commits so far. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly confirm: (commit: bigint) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Something of the transaction that is being read was appended. */
  appended(appends: readonly Promise<void>[]): void {
    for (const append of appends) this.pending.push(awaitedLater(append));
  }

  /** The end of a transaction: it is confirmed once all before has resolved. */
  committed(commit: bigint, committedAtMs: number): void {
    const entry = { commit, committedAtMs, resolved: false };
    const appends = this.pending;
    this.pending = [];
    this.open.push(entry);
    if (appends.length === 0) {
      entry.resolved = true;
      this.advance();
      return;
    }
    const all = Promise.all(appends);
    this.last = Promise.all([this.last, all]).then(() => undefined);
    this.last.catch(() => undefined);
    all.then(
      () => {
        entry.resolved = true;
        this.advance();
      },
      (error: unknown) => {
        this.failed = true;
        this.onFailure(error);
      },
    );
  }

  /** When the oldest change was committed that has not yet resolved; undefined where there is none. */
  oldestOpenMs(): number | undefined {
    return this.open[0]?.committedAtMs;
  }

  /** Resolves when everything that was appended up to now has. May be asked for long before it is awaited. */
  settled(): Promise<unknown> {
    return awaitedLater(Promise.all([this.last, ...this.pending]));
  }

  private advance(): void {
    let confirmed: bigint | undefined;
    while (!this.failed && this.open[0]?.resolved) confirmed = this.open.shift()?.commit;
    if (confirmed !== undefined) this.confirm(confirmed);
  }
}
