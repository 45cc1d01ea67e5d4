import { MillraceError } from '#errors';
import type { JobCommands } from '#job';
import type { SimWorld } from './sim-world.js';

const OPEN_MS = 10_000;

/** Commands of the console while the job goes on, one at a time. What is refused or not answered is asked again, where it still matters. */
export class ConsoleWork {
  private isCommanding = false;
  /** What was given up may yet be carried out. */
  private openUntilMs = 0;

  constructor(
    private readonly world: SimWorld,
    private readonly count: (name: string) => void,
  ) {}

  /** Whether something that was said before may still be done. */
  get isBusy(): boolean {
    return this.isCommanding || this.world.kernel.now() < this.openUntilMs;
  }

  command(what: string, work: (job: JobCommands) => Promise<unknown>): void {
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
