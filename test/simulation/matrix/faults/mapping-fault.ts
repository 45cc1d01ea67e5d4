import type { Random } from '../../kernel/index.js';
import { befalls, type FaultParts } from './fault-parts.js';

const OF_SEEDS = 0.08;
const AT_A_TIME = 0.05;

/** The job file comes to map something in another way, once in some of the seeds. */
export class MappingFault {
  private isToCome = false;

  constructor(
    private readonly parts: FaultParts,
    private readonly random: Random,
  ) {}

  /** There are documents. */
  beginStreaming(): void {
    this.isToCome = this.random.chance(OF_SEEDS);
  }

  /** Asked again and again during a storm. */
  mayBefall(): void {
    const { world, onLost } = this.parts;
    if (!this.isToCome || !this.random.chance(AT_A_TIME) || world.plan() === undefined) return;
    this.isToCome = false;
    onLost('mapping');
    befalls(this.parts, 'the mapping is changed');
    world.changeMapping(this.random);
  }
}
