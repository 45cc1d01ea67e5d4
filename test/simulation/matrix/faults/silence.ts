import type { CallFault, Random, SimProcess } from '../../kernel/index.js';
import type { FaultParts } from './fault-parts.js';

const OF_SEEDS = 0.3;
const OF_FETCHES = 0.05;

/** Clients of the log that stop without an error: what they fetch never comes. */
export class Silence {
  private readonly isOn: boolean;

  constructor(
    private readonly parts: FaultParts,
    private readonly random: Random,
  ) {
    this.isOn = random.chance(OF_SEEDS);
  }

  faultOf({ name: process }: SimProcess, label: string): CallFault | undefined {
    if (!this.isOn || !label.startsWith('fetch ') || !this.random.chance(OF_FETCHES)) return undefined;
    this.parts.observed.tell({ kind: 'client silent', process });
    return 'silent';
  }
}
