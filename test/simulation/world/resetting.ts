import { MillraceError } from '#errors';
import type { Random } from '../kernel/index.js';
import { commanded } from './commanded.js';
import { type CompletionParts, leftOf } from './completion.js';

const AGAIN_MS = 2_000;
const MOST_STEPS_BEFORE = 60;

/** An operator forgets a job that nobody is to run any more, and has it run as a new one: over the documents that are there only where that is said. */
export async function reset(parts: CompletionParts, random: Random): Promise<string | undefined> {
  const { world, mostSteps, count, isWrong } = parts;
  const { kernel, list, commits } = world;
  kernel.note('an operator resets the job');
  list.stop();
  if (random.chance(0.5)) await cutShort(parts, random.below(MOST_STEPS_BEFORE));
  await forgotten(parts);
  await kernel.runUntil(() => isWrong() || leftOf(world).length === 0, mostSteps);
  const left = leftOf(world);
  if (left.length > 0) return `after a reset:\n${left.join('\n')}`;
  // The job may have been right by chance, with changes on their way: of these it leaves as much as was written.
  const isStill = world.commits === commits;
  const changed = isStill ? world.model.collections.flatMap(({ name }) => [...world.documents.wrong(name)]) : [];
  if (changed.length > 0) return `a reset has changed ${changed.join(', ')}`;
  count('the job is forgotten');
  if (random.chance(0.5)) await refused(parts);
  list.askAnew({ dropTarget: true });
  return undefined;
}

/** Whoever says it ends in its midst. */
async function cutShort({ world, count }: CompletionParts, steps: number): Promise<void> {
  const { kernel } = world;
  const service = world.console();
  service.command((job) => job.reset()).catch(() => undefined);
  const end = kernel.step + steps;
  await kernel.runUntil(() => kernel.step >= end, MOST_STEPS_BEFORE);
  world.kill(service);
  count('a reset is cut short');
}

/** Whoever holds the job still is waited for. */
async function forgotten({ world, mostSteps }: CompletionParts): Promise<void> {
  const { kernel } = world;
  const end = kernel.step + mostSteps;
  for (;;) {
    try {
      return await commanded(world, (job) => job.reset(), mostSteps);
    } catch (error) {
      if (!(error instanceof MillraceError) || kernel.step >= end) throw error;
      const againMs = kernel.now() + AGAIN_MS;
      await kernel.runUntil(() => kernel.now() >= againMs, mostSteps);
    }
  }
}

/** There are documents that this job, which is a new one, has not made. */
async function refused({ world, mostSteps, count }: CompletionParts): Promise<void> {
  const { kernel, list, servers, model } = world;
  if (model.collections.every(({ name }) => servers.mongo.committed('target', name).length === 0)) return;
  list.askAgain();
  await kernel.runUntil(() => list.attention !== undefined, mostSteps);
  if (list.attention?.code !== 'JOB_BLOCKED') throw new Error(`of a target with documents: ${list.attention?.stack}`);
  count('a target with documents is refused');
}
