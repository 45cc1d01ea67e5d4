import { MillraceError } from '#errors';
import type { JobCommands } from '#job';
import type { Random } from '../kernel/index.js';
import type { SimWorld } from './sim-world.js';

const LONGEST_MS = 20_000;
const OPEN_MS = 10_000;

/** An operator who holds the job now and then, by the console, and lets it go on some time later. */
export class Holding {
  private isCommanding = false;
  /** What was given up may yet be carried out. */
  private openUntilMs = 0;
  private untilMs = 0;

  constructor(
    private readonly world: SimWorld,
    private readonly random: Random,
    private readonly count: (name: string) => void,
  ) {}

  /** Whether the job may be held or let go on by something that was said before. */
  get isBusy(): boolean {
    return this.isCommanding || this.world.kernel.now() < this.openUntilMs;
  }

  hold(): void {
    this.untilMs = this.world.kernel.now() + this.random.below(LONGEST_MS);
    this.command('the job is held', (job) => job.pause());
  }

  /** Looks at it from time to time. */
  tend(): void {
    const { world } = this;
    if (world.isPaused() && world.kernel.now() >= this.untilMs) this.command('the job goes on', (job) => job.resume());
  }

  /** One at a time. What is refused or not answered is asked again, where it still matters. */
  private command(what: string, work: (job: JobCommands) => Promise<void>): void {
    if (this.isCommanding) return;
    this.isCommanding = true;
    const { world } = this;
    const service = world.console();
    service
      .command(work)
      .then(
        () => this.count(what),
        (error: unknown) => {
          this.openUntilMs = world.kernel.now() + OPEN_MS;
          if (!(error instanceof MillraceError)) world.failure ??= error;
        },
      )
      .finally(() => {
        world.kill(service);
        this.isCommanding = false;
      });
  }
}
