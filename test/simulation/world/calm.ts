import type { Random } from '../kernel/index.js';
import { replicasToLose } from '../laws/lost-replicas.js';
import type { SimWorld } from './sim-world.js';
import type { Storm } from './storm.js';

export interface CalmParts {
  world: SimWorld;
  random: Random;
  storm: Storm;
  /** The job is completed in the end: processes stand still until then, and wake. */
  completes: boolean;
  /** Asked last. */
  losesReplicas(): boolean;
  count(name: string): void;
}

/** Faults stop; those that stand still stay so half of the time, and others have their work. */
export function beginCalm(parts: CalmParts): void {
  const { world, random, storm, completes } = parts;
  world.servers.mongo.heal();
  for (const { process } of world.services) process.pace = 1;
  world.decodesWithinMs = 0;
  if (world.stopsAtErrors) {
    world.changes.spoil();
    world.changes.mendForGood();
  }
  storm.rare.beginCalm();
  for (const service of [...world.services]) {
    if (service.process.state === 'running') continue;
    if (random.chance(0.5)) service.process.goOn();
    else {
      if (completes) storm.lost.add(service.process);
      else world.kill(service);
      world.start(service.role);
    }
  }
  if (parts.losesReplicas()) loseReplicas(parts);
}

function loseReplicas({ world, random, storm, completes, count }: CalmParts): void {
  for (const service of replicasToLose(world.services, random)) {
    count('a replica is lost for good');
    if (!completes && random.chance(0.5)) world.kill(service);
    else {
      world.kernel.note(`${service.process.name} stands still for ever`);
      service.process.standStill();
      storm.lost.add(service.process);
    }
  }
}
