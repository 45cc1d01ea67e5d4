import type { SimProcess } from '../../kernel/index.js';
import type { SimService } from '../../world/sim-service.js';
import type { SimWorld } from '../../world/sim-world.js';

/** To do after it what it wanted to. */
const AFTERWARDS_MS = 5_000;

/** Processes that stand still for long, also where all other faults have stopped. */
export class Sleepers {
  private readonly wakesAtMs = new Map<SimProcess, number>();

  constructor(private readonly world: SimWorld) {}

  /** Another one takes its place, as it does where an orchestrator sees that a replica does not answer. */
  putToSleep({ process, role }: SimService, sleepMs: number): void {
    const { kernel } = this.world;
    process.standStill();
    this.wakesAtMs.set(process, kernel.now() + sleepMs);
    kernel.schedule(kernel.servers, `${process.name} wakes`, () => process.goOn(), sleepMs);
    this.world.start(role);
  }

  has({ process }: SimService): boolean {
    return process.state === 'standing still' && this.wakesAtMs.has(process);
  }

  /** When the last one has woken that lives; 0 where there is none. */
  get overAtMs(): number {
    let overAtMs = 0;
    for (const [process, atMs] of this.wakesAtMs)
      if (!process.isDead) overAtMs = Math.max(overAtMs, atMs + AFTERWARDS_MS);
    return overAtMs;
  }
}
