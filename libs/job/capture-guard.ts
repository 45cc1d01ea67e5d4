import { MillraceError } from '#errors';
import type { CaptureHealth, CaptureNames, Source } from '#sources';
import { JOB_ERRORS } from './job.codes.js';
import type { HeldLease } from './lease.js';
import type { Patience } from './patience.js';

const DROP_MS = 8_000;

/**
 * Guards the source's disk: beyond the bound the job gives up its slot, and needs a person. And where nobody streams
 * (`paused`), tells that nobody can any more: a stream would tell by itself.
 */
export class CaptureGuard {
  constructor(
    private readonly source: Source,
    private readonly capture: CaptureNames,
    private readonly patience: Patience,
    private readonly options: {
      maxRetainedBytes: number;
      lease: HeldLease;
      onHealth: (health: CaptureHealth) => void;
    },
  ) {}

  /** `hold`: stops whoever streams. Rejects where the job cannot go on. */
  async look(paused: boolean, hold: () => Promise<void>): Promise<void> {
    const { source, capture, options } = this;
    const health = await source.captureHealth(capture);
    options.onHealth(health);
    if (paused) await source.checkCapture(capture);
    if (health.lost !== undefined || health.retainedBytes <= options.maxRetainedBytes) return;
    await hold();
    // Who slept meanwhile would drop the slot of whoever goes on, and has caught up.
    const { lease } = options;
    const drop = () => source.dropCapture(capture, DROP_MS, () => lease.confirm());
    await this.patience.patiently(() => lease.keptFor(drop));
    throw new MillraceError(
      JOB_ERRORS.RETENTION_BOUND,
      `the source kept ${health.retainedBytes} bytes of its log for this job, more than source.maxRetainedBytes allows (${options.maxRetainedBytes}); its slot was dropped`,
    );
  }
}
