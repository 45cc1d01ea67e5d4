import { MillraceError } from '#errors';
import type { VerifyReport } from '#job';
import { electionTopic, JOB, LEASE_ID, REQUESTS } from '#stage';
import type { SimProcess } from '../kernel/index.js';
import { remainsOf } from '../laws/remains.js';
import type { Happening } from '../matrix/happening.js';
import { fieldOf } from '../store/index.js';
import { commanded } from './commanded.js';
import type { Damage } from './damage.js';
import { NAME, type SimWorld, STATE } from './sim-world.js';

export interface CompletionParts {
  world: SimWorld;
  /** Of what a command is refused for: that the job is lost, or stops at errors. */
  isExpected(error: MillraceError): boolean;
  /** They have stood still since there were faults. */
  asleep: ReadonlySet<SimProcess>;
  mostSteps: number;
  /** Whether anything is wrong already. */
  isWrong(): boolean;
  count(name: string): void;
  tell(happening: Happening): void;
}

const NEVER = new AbortController().signal;
const AFTER_MS = 60_000;
/** Who is late to take the lease or to ask its holder makes a record, and who is late to stand for election that topic anew. */
const RECORDS_OF_THE_LATE = [JOB, REQUESTS].map(({ name }) => `collection ${STATE}.${name}`);
const ELECTION = electionTopic(NAME);

/** Of nothing: the job's own record is not among them, and nobody has the lease. */
export function leftOf({ servers }: SimWorld): string[] {
  const records = servers.mongo.committed(STATE, JOB.name);
  const byTheLate = [...RECORDS_OF_THE_LATE, ...(servers.broker.wasRemoved(ELECTION) ? [`topic ${ELECTION}`] : [])];
  const wrong = records.filter((each) => fieldOf(each, '_id') !== LEASE_ID || fieldOf(each, 'holder') !== null);
  return [
    ...remainsOf(servers, STATE).filter((each) => !byTheLate.includes(each)),
    ...wrong.map((each) => `record ${String(fieldOf(each, '_id'))} of the job`),
  ];
}

export class DifferencesFound extends Error {
  override readonly name = 'DifferencesFound';
}

/** An operator completes a job at rest. False where there are letters, or it is lost: it goes on as before then, or stops by its errors. */
export async function complete(parts: CompletionParts): Promise<boolean> {
  const { world, mostSteps, count } = parts;
  const report = await unlessStopped(parts, () => commanded(world, (job) => job.complete(NEVER), mostSteps));
  if (report === undefined) return false;
  refuseDifferences(report);
  const isRefused = report.deadLetters > 0;
  count(isRefused ? 'completing is refused' : 'completed');
  if (isRefused === world.list.isCompleted) throw new Error(`the list says otherwise: ${JSON.stringify(report)}`);
  return !isRefused;
}

/** Nothing is left of the job. Processes wake that stood still all the time, and change no document. */
export async function afterCompletion(parts: CompletionParts): Promise<string | undefined> {
  const { world, asleep, mostSteps, isWrong } = parts;
  const { kernel, commits } = world;
  await kernel.runUntil(() => isWrong() || leftOf(world).length === 0, mostSteps);
  for (const process of asleep) {
    if (process.state === 'standing still') parts.count('a process wakes after completion');
    process.goOn();
  }
  const endMs = kernel.now() + AFTER_MS;
  await kernel.runUntil(() => isWrong() || kernel.now() >= endMs, mostSteps);
  const written = world.commits === commits ? [] : ['documents or letters were written'];
  const wrong = [...written, ...leftOf(world), ...world.differences()];
  return wrong.length > 0 ? `after its completion:\n${wrong.join('\n')}` : undefined;
}

/** Of a job at rest verify finds nothing. */
export async function verify(parts: CompletionParts): Promise<void> {
  await unlessStopped(parts, async () => {
    refuseDifferences(await verified(parts, { repair: false }));
    parts.count('verified');
  });
}

/** Where someone else has written to the target, verify finds just that, and repairs it. */
export async function verifyDamage(parts: CompletionParts, damage: Damage, onDone: () => void): Promise<void> {
  const { count, tell } = parts;
  await damage.happen();
  onDone();
  await unlessStopped(parts, async () => {
    const before = damage.standing();
    const missed = damage.missedBy(await verified(parts, { repair: false }), before);
    if (missed !== undefined) throw new Error(missed);
    for (const what of damage.stood) count(`verify finds ${what}`);
    if (damage.stood.size > 0) tell({ kind: 'damage is found' });
    refuseDifferences(await verified(parts, { repair: true }));
    count('repaired');
  });
}

function verified({ world, mostSteps }: CompletionParts, options: { repair: boolean }): Promise<VerifyReport> {
  return commanded(world, (job) => job.verify(options, NEVER), mostSteps);
}

/** That it is lost, or has made so many errors that it stops, may have been found out only now: undefined then. */
export async function unlessStopped<T>(
  { isExpected }: Pick<CompletionParts, 'isExpected'>,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MillraceError) || !isExpected(error)) throw error;
    return undefined;
  }
}

function refuseDifferences(report: VerifyReport): void {
  const { different, missing, extra } = report;
  if (different + missing + extra > 0) throw new DifferencesFound(JSON.stringify(report));
}
