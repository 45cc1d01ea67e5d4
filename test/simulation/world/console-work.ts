import { MillraceError } from '#errors';
import type { JobCommands } from '#job';
import type { SimService } from './sim-service.js';
import type { SimWorld } from './sim-world.js';

const OPEN_MS = 10_000;
/** So long somebody waits for the answer. */
const PATIENCE_MS = 60_000;

/** Commands of the console while the job goes on, one at a time. What is refused or not answered is asked again, where it still matters. */
export class ConsoleWork {
  private at: SimService | undefined;
  /** What was given up may yet be carried out. */
  private openUntilMs = 0;

  constructor(
    private readonly world: SimWorld,
    private readonly count: (name: string) => void,
  ) {}

  /** Whether something that was said before may still be done. */
  get isBusy(): boolean {
    return this.at !== undefined || this.world.kernel.now() < this.openUntilMs;
  }

  command(what: string, work: (job: JobCommands) => Promise<unknown>): void {
    if (this.at !== undefined) return;
    const { world } = this;
    const { kernel } = world;
    const service = world.console();
    this.at = service;
    kernel.schedule(kernel.servers, `${service.process.name} is waited for`, () => this.giveUp(service), PATIENCE_MS);
    service.command(work).then(
      () => {
        this.count(what);
        this.end(service);
      },
      (error: unknown) => {
        if (!(error instanceof MillraceError)) world.failure ??= error;
        this.giveUp(service);
      },
    );
  }

  private giveUp(service: SimService): void {
    if (this.at !== service) return;
    this.openUntilMs = this.world.kernel.now() + OPEN_MS;
    this.end(service);
  }

  private end(service: SimService): void {
    this.world.kill(service);
    this.at = undefined;
  }
}
