import { MillraceError } from '#errors';
import type { VerifyReport } from '#job';
import type { SimService } from '../../world/sim-service.js';
import type { SimWorld } from '../../world/sim-world.js';

/** A verify that is asked for while rows change and faults happen. */
export class VerifyMeanwhile {
  private readonly service: SimService;
  private report: VerifyReport | undefined;
  private failure: unknown;

  constructor(private readonly world: SimWorld) {
    this.service = world.consoleAmongServices();
    this.service
      .command((job) => job.verify({ repair: false }, new AbortController().signal))
      .then(
        (report) => (this.report = report),
        (failure: unknown) => (this.failure = failure),
      );
  }

  get isOver(): boolean {
    return this.report !== undefined || this.failure !== undefined || this.service.process.state !== 'running';
  }

  /** Its report, where it came to one: what befell may have ended it. `whereLoadedAnew`: what it looked at was not the job's any more. */
  conclude({ whereLoadedAnew }: { whereLoadedAnew: boolean }): 'calls all right' | 'came to nothing' {
    if (this.world.services.includes(this.service)) this.world.kill(this.service);
    if (this.failure !== undefined && !(this.failure instanceof MillraceError)) throw this.failure;
    if (this.report === undefined || whereLoadedAnew) return 'came to nothing';
    const { different, missing, extra } = this.report;
    if (different + missing + extra === 0) return 'calls all right';
    throw new Error(`verify under traffic calls right documents wrong: ${JSON.stringify(this.report)}`);
  }
}
