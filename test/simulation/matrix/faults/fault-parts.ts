import type { Random } from '../../kernel/index.js';
import type { Loss } from '../../world/losses.js';
import type { SimWorld } from '../../world/sim-world.js';
import type { Observed } from '../observe.js';

export interface FaultParts {
  world: SimWorld;
  observed: Observed;
  random: Random;
  /** It has to be loaded again. */
  onLost(loss: Loss): void;
  count(name: string): void;
}

/** A fault happens now. */
export function befalls({ world, observed, count }: FaultParts, name: string): void {
  world.kernel.note(name);
  count(name);
  observed.tell({ kind: 'fault', name });
}
