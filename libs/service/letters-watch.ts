import type { JobTimers } from '#job';
import type { Metrics } from '#observability/metrics';
import { IncarnationNames, JOB, JOB_ID } from '#stage';
import { allInRange, type Doc, type Store } from '#store';

interface CountedLetter extends Doc {
  _id: string;
  code: string;
  firstAt: Date;
}

export interface LettersWatchParts {
  job: string;
  store: Store;
  timers: JobTimers;
  metrics: Metrics;
  /** Of a load that is over. */
  removeQueue(name: string): Promise<void>;
}

const LOOK_MS = 15_000;

/** Counts a job's dead letters for Prometheus, and removes what loads that are over have left in the retry queue's place. */
export class LettersWatch {
  private codes: ReadonlySet<string> = new Set();
  private last: number | undefined;

  constructor(private readonly parts: LettersWatchParts) {}

  /** Until the signal is raised. */
  async follow(signal: AbortSignal): Promise<void> {
    const { timers, metrics, job } = this.parts;
    while (!signal.aborted) {
      await this.look();
      await timers.wait(LOOK_MS, signal).catch(() => undefined);
    }
    await this.removeFormer().catch(() => undefined);
    await metrics.forget(job);
  }

  private async look(): Promise<void> {
    const incarnation = await this.removeFormer();
    if (incarnation !== undefined) await this.count(new IncarnationNames(incarnation));
  }

  /** The present incarnation. */
  private async removeFormer(): Promise<number | undefined> {
    const { store, job, removeQueue } = this.parts;
    const record = await store.read.byId(JOB, JOB_ID, { fields: ['incarnation'] });
    const incarnation = record?.['incarnation'] as number | undefined;
    const former = this.last ?? (incarnation === undefined ? undefined : incarnation - 1);
    if (former !== undefined && former > 0 && former !== incarnation) await removeQueue(`${job}.${former}`);
    this.last = incarnation;
    return incarnation;
  }

  private async count({ letters }: IncarnationNames): Promise<void> {
    const { store, timers, metrics, job } = this.parts;
    const byCode = new Map<string, { letters: number; oldestMs: number }>();
    const fields = { fields: ['code', 'firstAt'] };
    for await (const { code, firstAt } of allInRange<CountedLetter>(store.read, letters, {}, fields)) {
      const sum = byCode.get(code) ?? { letters: 0, oldestMs: firstAt.getTime() };
      byCode.set(code, { letters: sum.letters + 1, oldestMs: Math.min(sum.oldestMs, firstAt.getTime()) });
    }
    for (const code of this.codes) {
      if (byCode.has(code)) continue;
      metrics.deadLetters.set({ job, code }, 0);
      metrics.deadLetterOldest.remove({ job, code });
    }
    for (const [code, sum] of byCode) {
      metrics.deadLetters.set({ job, code }, sum.letters);
      metrics.deadLetterOldest.set({ job, code }, Math.max(0, timers.now() - sum.oldestMs) / 1_000);
    }
    this.codes = new Set([...this.codes, ...byCode.keys()]);
  }
}
