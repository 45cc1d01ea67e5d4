import { ConsoleWork } from './console-work.js';
import type { SimWorld } from './sim-world.js';

const ALL = { ids: [], all: true, dryRun: false };
const OPERATOR = 'operator';

/** An operator who has all dead letters tried again, by the console, whatever happens meanwhile. */
export class Replaying {
  private readonly work: ConsoleWork;

  constructor(world: SimWorld, count: (name: string) => void) {
    this.work = new ConsoleWork(world, count);
  }

  get isBusy(): boolean {
    return this.work.isBusy;
  }

  replay(): void {
    const never = new AbortController().signal;
    this.work.command('letters are replayed in a storm', (job) => job.replayLetters(ALL, OPERATOR, never));
  }
}
