import { MillraceError } from '#errors';
import type { JobTimers } from './patience.js';

/** Work that is done again and again until the signal is raised. What passes is tried the next time; what does not is told, and ends it. */
export class RecurringWork {
  private readonly loops: Promise<void>[] = [];

  constructor(
    private readonly timers: Pick<JobTimers, 'wait'>,
    private readonly signal: AbortSignal,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** For the first time after so many ms. */
  every(ms: number, work: () => Promise<void>): void {
    this.loops.push(this.repeat(ms, work));
  }

  /** Resolves when what was begun before the signal has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.loops);
  }

  private async repeat(ms: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this;
    while (!signal.aborted) {
      await this.timers.wait(ms, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof MillraceError) || !error.retriable) return this.onFailure(error);
      }
    }
  }
}
