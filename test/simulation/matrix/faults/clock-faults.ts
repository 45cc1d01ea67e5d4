import type { Random } from '../../kernel/index.js';
import { befalls, type FaultParts } from './fault-parts.js';

const OF_SEEDS = 0.3;
const AT_A_TIME = 0.02;
const MOST_MS = 5 * 60_000;

/** The time of day is corrected where a process runs, by minutes, in either direction; for good, since others are right about it. */
export class ClockFaults {
  private readonly isOn: boolean;

  constructor(
    private readonly parts: FaultParts,
    private readonly random: Random,
  ) {
    this.isOn = random.chance(OF_SEEDS);
  }

  /** Asked again and again during a storm. */
  mayBefall(): void {
    const { world, observed } = this.parts;
    if (!this.isOn || !this.random.chance(AT_A_TIME) || world.services.length === 0) return;
    const { process } = this.random.one(world.services);
    const byMs = this.random.between(-MOST_MS, MOST_MS);
    befalls(this.parts, byMs > 0 ? 'a clock is put forward' : 'a clock is put back');
    process.clockMs += byMs;
    observed.tell({ kind: 'clock set', process: process.name, byMs });
  }
}
