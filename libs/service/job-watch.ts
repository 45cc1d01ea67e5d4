import type { JobTimers } from '#job';
import type { Metrics } from '#observability/metrics';
import { type Incarnation, IncarnationNames, JOB, JOB_ID } from '#stage';
import { allInRange, type Doc, type Store } from '#store';

interface CountedLetter extends Doc {
  _id: string;
  code: string;
  firstAt: Date;
}

/** Of the job's record. */
interface Present extends Doc, Incarnation {
  phase: string;
}

export interface JobWatchParts {
  job: string;
  store: Store;
  timers: JobTimers;
  metrics: Metrics;
  /** Of a load that is over. Tried again with a later look where it fails; it settles whatever becomes of Redis. */
  removeQueue(name: string): Promise<void>;
}

const LOOK_MS = 15_000;
/** For a last look, and what it finds to be removed. */
const LEAVE_MS = 3_000;

/**
 * Tells Prometheus of a job what its records say, whether anybody runs it or not: its phase and its dead letters. Removes what
 * loads that are over have left in the retry queue's place, beside that: where Redis is away, which the retry queue tells, the
 * letters are counted all the same.
 */
export class JobWatch {
  private codes: ReadonlySet<string> = new Set();
  private last: number | undefined;
  /** Queues that are to be removed. */
  private readonly former = new Set<string>();
  private removing: Promise<void> | undefined;
  private phase: string | undefined;

  constructor(private readonly parts: JobWatchParts) {}

  /** Until the signal is raised. */
  async follow(signal: AbortSignal): Promise<void> {
    const { timers, metrics, job } = this.parts;
    while (!signal.aborted) {
      await this.look();
      await timers.wait(LOOK_MS, signal).catch(() => undefined);
    }
    const left = new AbortController();
    await Promise.race([this.leave(), timers.wait(LEAVE_MS, left.signal).catch(() => undefined)]);
    left.abort();
    await metrics.forget(job);
  }

  /** The job may have been forgotten since the last look. Never rejects. */
  private async leave(): Promise<void> {
    const seen = await this.removeFormer().catch(() => undefined);
    await seen?.removing;
  }

  private async look(): Promise<void> {
    const { record } = await this.removeFormer();
    this.tellPhase(record?.phase);
    if (record !== undefined) await this.count(new IncarnationNames(record));
    else this.forgetLetters();
  }

  private async removeFormer(): Promise<{ record: Present | undefined; removing: Promise<void> }> {
    const { store, job } = this.parts;
    const record = await store.read.byId<Present>(JOB, JOB_ID, { fields: ['incarnation', 'incarnationId', 'phase'] });
    const incarnation = record?.incarnation;
    const former = this.last ?? (incarnation === undefined ? undefined : incarnation - 1);
    if (former !== undefined && former > 0) this.former.add(`${job}.${former}`);
    // A job that was forgotten counts from 1 again: what is left under a number that it has now is no harm.
    if (incarnation !== undefined) this.former.delete(`${job}.${incarnation}`);
    this.last = incarnation;
    this.removing ??= this.removeAll().finally(() => {
      this.removing = undefined;
    });
    return { record, removing: this.removing };
  }

  /** Never rejects. What fails is left to the next look. */
  private async removeAll(): Promise<void> {
    for (const name of this.former) {
      const removed = await this.parts.removeQueue(name).then(
        () => true,
        () => false,
      );
      if (!removed) return;
      this.former.delete(name);
    }
  }

  private tellPhase(phase: string | undefined): void {
    const { metrics, job } = this.parts;
    if (this.phase !== undefined && this.phase !== phase) metrics.phase.remove({ job, phase: this.phase });
    if (phase !== undefined) metrics.phase.set({ job, phase }, 1);
    this.phase = phase;
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

  /** There is no job any more that could have any. */
  private forgetLetters(): void {
    const { metrics, job } = this.parts;
    for (const code of this.codes) {
      metrics.deadLetters.remove({ job, code });
      metrics.deadLetterOldest.remove({ job, code });
    }
    this.codes = new Set();
  }
}
