import { MillraceError } from '#errors';
import type { VerifyReport } from '#job';
import { electionTopic, JOB, REQUESTS } from '#stage';
import type { SimProcess } from '../kernel/index.js';
import { remainsOf } from '../laws/remains.js';
import type { Happening } from '../matrix/happening.js';
import { commanded } from './commanded.js';
import type { Damage } from './damage.js';
import { NAME, type SimWorld, STATE } from './sim-world.js';

export interface CompletionParts {
  world: SimWorld;
  /** What it needs of the source may be lost. */
  isLost: boolean;
  /** They have stood still since there were faults. */
  asleep: ReadonlySet<SimProcess>;
  mostSteps: number;
  /** Whether anything is wrong already. */
  isWrong(): boolean;
  count(name: string): void;
  tell(happening: Happening): void;
}

const AFTER_MS = 60_000;
/** Who wakes as it is about to stand for election makes that topic, and who is about to take the lease, or to ask its holder, a record; all are of nothing. */
const LEFT_BY_THE_WOKEN = [
  `topic ${electionTopic(NAME)}`,
  ...[JOB, REQUESTS].map(({ name }) => `collection ${STATE}.${name}`),
];
const NEVER = new AbortController().signal;

/** An operator completes a job at rest. False where there are letters: then it goes on as before. */
export async function complete({ world, mostSteps, count }: CompletionParts): Promise<boolean> {
  const report = await commanded(world, (job) => job.complete(NEVER), mostSteps);
  refuseDifferences(report);
  const isRefused = report.deadLetters > 0;
  count(isRefused ? 'completing is refused' : 'completed');
  if (isRefused === world.list.isCompleted) throw new Error(`the list says otherwise: ${JSON.stringify(report)}`);
  if (isRefused) await world.kernel.runUntil(() => world.phase() === 'streaming', mostSteps);
  return !isRefused;
}

/** Nothing is left of the job. Processes wake that stood still all the time, and change no document. */
export async function afterCompletion(parts: CompletionParts): Promise<string | undefined> {
  const { world, asleep, mostSteps, isWrong } = parts;
  const { kernel, servers, commits } = world;
  await kernel.runUntil(() => isWrong() || remainsOf(servers, STATE).length === 0, mostSteps);
  for (const process of asleep) {
    if (process.state === 'standing still') parts.count('a process wakes after completion');
    process.goOn();
  }
  const endMs = kernel.now() + AFTER_MS;
  await kernel.runUntil(() => isWrong() || kernel.now() >= endMs, mostSteps);
  const left = remainsOf(servers, STATE).filter((each) => !LEFT_BY_THE_WOKEN.includes(each));
  const written = world.commits === commits ? [] : ['documents or letters were written'];
  const wrong = [...written, ...left, ...world.differences()];
  return wrong.length > 0 ? `after its completion:\n${wrong.join('\n')}` : undefined;
}

/** Of a job at rest verify finds nothing. */
export async function verify({ world, isLost, mostSteps, count }: CompletionParts): Promise<void> {
  try {
    refuseDifferences(await commanded(world, (job) => job.verify({ repair: false }, NEVER), mostSteps));
    count('verified');
  } catch (error) {
    // That it is lost may have been found out only now.
    if (!isLost || !(error instanceof MillraceError)) throw error;
  }
}

/** Where someone else has written to the target, verify finds just that, and repairs it. */
export async function verifyDamage(parts: CompletionParts, damage: Damage): Promise<void> {
  const { world, isLost, mostSteps, count } = parts;
  await damage.happen();
  try {
    const report = await commanded(world, (job) => job.verify({ repair: false }, NEVER), mostSteps);
    const missed = damage.missedBy(report);
    if (missed !== undefined) throw new Error(missed);
    for (const what of damage.whats) count(`verify finds ${what}`);
    parts.tell({ kind: 'damage is found' });
    refuseDifferences(await commanded(world, (job) => job.verify({ repair: true }, NEVER), mostSteps));
    count('repaired');
  } catch (error) {
    if (!isLost || !(error instanceof MillraceError)) throw error;
  }
}

function refuseDifferences(report: VerifyReport): void {
  const { different, missing, extra } = report;
  if (different + missing + extra > 0) throw new Error(`verify finds differences: ${JSON.stringify(report)}`);
}
