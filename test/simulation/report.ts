import type { TraceEntry } from './kernel/index.js';
import { runSeed, type SeedOptions, type SeedResult } from './world/run-seed.js';

export type Failure = SeedResult & { failure: string };

const LAST_EVENTS = 60;

export function tracedSeed(say: (line: string) => void): (entry: TraceEntry) => void {
  return ({ step, atMs, process, what }) =>
    say(`${String(step).padStart(6)} ${String(atMs - 1_000_000).padStart(8)} ms  ${process.padEnd(14)} ${what}`);
}

type Failed = Pick<SeedResult, 'seed' | 'failure'>;

export const named = ({ seed, failure }: Failed, { isOfProgress, isJudgedByVerify }: SeedOptions): string =>
  `seed ${seed} fails: npm run simulate --${isOfProgress ? ' --progress' : ''}${isJudgedByVerify ? ' --verify' : ''} --seed ${seed} --trace\n${failure}`;

/** What failed, how to repeat it, and the last that happened in the shortest storm that fails as well. */
export async function reported({ seed, failure }: Failed, options: SeedOptions): Promise<string> {
  const steps = await shortestStorm(seed, options);
  const lines: string[] = [];
  const again = await runSeed(seed, {
    ...options,
    ...(steps !== undefined && { stormSteps: steps }),
    onTrace: tracedSeed((line) => lines.push(line)),
  });
  return [
    named({ seed, failure }, options),
    `the last ${LAST_EVENTS} events${steps === undefined ? '' : ` of a storm of ${steps} steps`}:`,
    ...lines.slice(-LAST_EVENTS),
    again.failure === failure ? '' : `(there: ${again.failure})`,
  ].join('\n');
}

/** Halved as long as it fails; undefined where only the whole one does. */
async function shortestStorm(seed: number, options: SeedOptions): Promise<number | undefined> {
  let shortest: number | undefined;
  for (let steps = 500; steps >= 1; steps = Math.floor(steps / 2)) {
    if ((await runSeed(seed, { ...options, stormSteps: steps })).failure === undefined) break;
    shortest = steps;
  }
  return shortest;
}
