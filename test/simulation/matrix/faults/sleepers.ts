import type { SimService } from '../../world/sim-service.js';
import type { SimWorld } from '../../world/sim-world.js';

/** To do after it what it wanted to. */
const AFTERWARDS_MS = 5_000;

/** Processes that stand still for long, also where all other faults have stopped. */
export class Sleepers {
  private readonly wakesAtMs: number[] = [];

  constructor(private readonly world: SimWorld) {}

  /** Another one takes its place, as where an orchestrator sees that it does not answer; no other fault befalls it until it wakes. */
  putToSleep(service: SimService, sleepMs: number): void {
    const { process, role } = service;
    const { kernel, services } = this.world;
    process.standStill();
    services.splice(services.indexOf(service), 1);
    this.wakesAtMs.push(kernel.now() + sleepMs);
    const wake = () => {
      process.goOn();
      services.push(service);
    };
    kernel.schedule(kernel.servers, `${process.name} wakes`, wake, sleepMs);
    this.world.start(role);
  }

  /** When the last one has woken; 0 where there is none. */
  get overAtMs(): number {
    return Math.max(0, ...this.wakesAtMs.map((atMs) => atMs + AFTERWARDS_MS));
  }
}
