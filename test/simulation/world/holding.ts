import type { Random } from '../kernel/index.js';
import { ConsoleWork } from './console-work.js';
import type { SimWorld } from './sim-world.js';

const LONGEST_MS = 20_000;

/** An operator who holds the job now and then, by the console, and lets it go on some time later. */
export class Holding {
  private readonly work: ConsoleWork;
  private untilMs = 0;

  constructor(
    private readonly world: SimWorld,
    private readonly random: Random,
    count: (name: string) => void,
  ) {
    this.work = new ConsoleWork(world, count);
  }

  /** Whether the job may be held or let go on by something that was said before. */
  get isBusy(): boolean {
    return this.work.isBusy;
  }

  hold(): void {
    this.untilMs = this.world.kernel.now() + this.random.below(LONGEST_MS);
    this.work.command('the job is held', (job) => job.pause());
  }

  /** Looks at it from time to time. */
  tend(): void {
    const { world, work } = this;
    if (world.isPaused() && world.kernel.now() >= this.untilMs) work.command('the job goes on', (job) => job.resume());
  }
}
