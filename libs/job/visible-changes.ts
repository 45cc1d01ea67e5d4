const IDLE_MS = 200;

export interface VisibleChangesParts {
  now(): number;
  /** Rejects when the signal is raised. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves when everything that has been appended until now is visible, by whichever process. */
  settled(signal: AbortSignal): Promise<void>;
}

/**
 * How old the oldest change is that is not visible yet, where others make changes visible and their log resolves appends
 * before that. In rounds: what was committed before a round began is visible when everything appended before it is.
 */
export class VisibleChanges {
  /** Commit time of the oldest change since the present round began. */
  private since: number | undefined;
  /** Of the oldest that the present round waits for. */
  private waitedFor: number | undefined;

  /** What former runs appended is as old as this at least, and waits for the first round. */
  constructor(private readonly parts: VisibleChangesParts) {
    this.since = parts.now();
  }

  committed(atMs: number): void {
    this.since = Math.min(this.since ?? atMs, atMs);
  }

  oldestMs(): number | undefined {
    return this.waitedFor ?? this.since;
  }

  /** Until the signal is raised, or the log fails. */
  async follow(signal: AbortSignal): Promise<void> {
    const { wait, settled } = this.parts;
    while (!signal.aborted) {
      this.waitedFor = this.since;
      this.since = undefined;
      if (this.waitedFor === undefined) {
        await wait(IDLE_MS, signal).catch(() => undefined);
        continue;
      }
      await settled(signal);
      this.waitedFor = undefined;
    }
  }
}
