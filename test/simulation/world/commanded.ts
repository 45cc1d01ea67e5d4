import type { JobCommands } from '#job';
import type { SimWorld } from './sim-world.js';

/** A command of the console, in a process of its own, until it has ended; that takes so many steps at most. */
export async function commanded<T>(
  world: SimWorld,
  work: (job: JobCommands) => Promise<T>,
  mostSteps: number,
): Promise<T> {
  const service = world.console();
  let ended: { made: T } | { failure: unknown } | undefined;
  service.command(work).then(
    (made) => {
      ended = { made };
    },
    (failure: unknown) => {
      ended = { failure };
    },
  );
  await world.kernel.runUntil(() => ended !== undefined, mostSteps);
  world.kill(service);
  const result = ended as unknown as { made: T } | { failure: unknown };
  if ('failure' in result) throw result.failure;
  return result.made;
}
