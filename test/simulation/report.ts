import type { TraceEntry } from './kernel/index.js';
import { COUNTERS } from './matrix/rows.js';
import { runSeed } from './world/run-seed.js';
import type { SeedOptions, SeedResult } from './world/seed.js';

export type Failure = SeedResult & { failure: string };

const LAST_EVENTS = 60;
const MINIMISED_WITHIN_MS = 60_000;

export function tracedSeed(say: (line: string) => void): (entry: TraceEntry) => void {
  return ({ step, atMs, process, what }) =>
    say(`${String(step).padStart(6)} ${String(atMs - 1_000_000).padStart(8)} ms  ${process.padEnd(14)} ${what}`);
}

export const isFailure = (result: SeedResult): result is Failure => result.failure !== undefined;

type Failed = Pick<SeedResult, 'seed' | 'failure'>;

export const named = ({ seed, failure }: Failed, options: SeedOptions): string =>
  `seed ${seed} fails: ${commandOf(seed, options)}\n${failure}`;

function commandOf(seed: number, { isOfProgress, isJudgedByVerify, stormSteps, without = [] }: SeedOptions): string {
  const words = [
    'npm run simulate --',
    ...(isOfProgress ? ['--progress'] : []),
    ...(isJudgedByVerify ? ['--verify'] : []),
    `--seed ${seed}`,
    ...(stormSteps === undefined ? [] : [`--storm ${stormSteps}`]),
    ...without.map((name) => `--without '${name}'`),
    '--trace',
  ];
  return words.join(' ');
}

/** What failed, how to repeat it, and the last that happened in the smallest storm that fails as well. */
export async function reported(result: Failure, options: SeedOptions): Promise<string> {
  const { seed, failure } = result;
  const small = await smallestStorm(result, options);
  const lines: string[] = [];
  const again = await runSeed(seed, { ...small, onTrace: tracedSeed((line) => lines.push(line)) });
  return [
    named({ seed, failure }, options),
    ...(small === options ? [] : [`the smallest storm that fails as well: ${commandOf(seed, small)}`]),
    `the last ${LAST_EVENTS} events:`,
    ...lines.slice(-LAST_EVENTS),
    again.failure === failure ? '' : `(there: ${again.failure})`,
  ].join('\n');
}

/** As long as it fails: halved, then without one kind of faults after the other; what is found within a minute. */
async function smallestStorm({ seed, reached, stormSteps: own }: Failure, options: SeedOptions): Promise<SeedOptions> {
  const endMs = Date.now() + MINIMISED_WITHIN_MS;
  const failing = async (tried: SeedOptions): Promise<SeedResult | undefined> => {
    if (Date.now() > endMs) return undefined;
    const result = await runSeed(seed, tried);
    return isFailure(result) ? result : undefined;
  };
  let smallest = options;
  for (
    let stormSteps = Math.floor((options.stormSteps ?? own) / 2);
    stormSteps >= 1;
    stormSteps = Math.floor(stormSteps / 2)
  ) {
    const tried = { ...smallest, stormSteps };
    if ((await failing(tried)) === undefined) break;
    smallest = tried;
  }
  for (const name of reached.keys()) {
    if (COUNTERS.includes(name)) continue;
    const tried = { ...smallest, without: [...(smallest.without ?? []), name] };
    const result = await failing(tried);
    // Much is counted that is no fault of the storm.
    if (result?.withheld.has(name)) smallest = tried;
  }
  return smallest;
}
