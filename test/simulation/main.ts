import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { type Failure, named, reported, tracedSeed } from './report.js';
import { runSeed, type SeedOptions, type SeedResult } from './world/run-seed.js';

/**
 * `npm run simulate`: the engine in a simulated world, one seed after the other. `--seeds N` explores, from a random first seed
 * unless one is given; `--seed S` repeats one, `--trace` tells all that happens in it.
 */

const PROGRESS_MS = 5_000;
const MOST_FAILURES = 3;
/** Nothing of a world lives long: with this, little of it is copied about. */
const YOUNG_MB = 64;

interface Options {
  seeds: number;
  seed?: number;
  from?: number;
  trace?: boolean;
  brief?: boolean;
  progress?: boolean;
}

/** Of a worker. */
interface Asked {
  seed: number;
  options: SeedOptions;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (isMainThread) process.exitCode = await main();
else
  parentPort?.on('message', async ({ seed, options }: Asked) => parentPort?.postMessage(await runSeed(seed, options)));

async function main(): Promise<number> {
  const options = new Command('simulate')
    .description('runs the engine in a simulated world, and holds the laws of its design against what happens')
    .option('--seeds <n>', 'so many seeds', wholeNumber, 1_000)
    .option('--from <n>', 'the first seed; random where absent', wholeNumber)
    .option('--seed <n>', 'only this one', wholeNumber)
    .option('--trace', 'with --seed: everything that happens')
    .option('--brief', 'ends with the first seed that fails, and does not look for its shortest storm')
    .option(
      '--progress',
      'in every seed one of two replicas of each role is lost when faults stop, and the steps to rest are counted',
    )
    .parse()
    .opts<Options>();
  const run: SeedOptions = options.progress ? { isOfProgress: true } : {};
  if (options.seed !== undefined) return alone(options.seed, run, options.trace === true);
  return campaign(options.from ?? Math.floor(Math.random() * 1e9), options.seeds, run, options.brief === true);
}

async function alone(seed: number, options: SeedOptions, isTraced: boolean): Promise<number> {
  const result = await runSeed(seed, isTraced ? { ...options, onTrace: tracedSeed(say) } : options);
  say(
    result.failure === undefined ? `seed ${seed}: all held, in ${result.steps} steps` : await reported(result, options),
  );
  return result.failure === undefined ? 0 : 1;
}

async function campaign(from: number, seeds: number, options: SeedOptions, isBrief: boolean): Promise<number> {
  say(`seeds ${from} to ${from + seeds - 1}`);
  const began = Date.now();
  const reached = new Map<string, number>();
  const failures: Failure[] = [];
  let next = from;
  let done = 0;
  let steps = 0;
  let slowest: SeedResult | undefined;
  const seconds = () => Math.round((Date.now() - began) / 1_000);
  const progress = setInterval(() => say(`${done} of ${seeds} seeds, ${steps} steps, ${seconds()} s`), PROGRESS_MS);
  const work = async () => {
    const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    while (next < from + seeds && failures.length < (isBrief ? 1 : MOST_FAILURES)) {
      const result = await resultOf(worker, { seed: next++, options });
      done++;
      steps += result.steps;
      if ((result.stepsToRest ?? 0) > (slowest?.stepsToRest ?? 0)) slowest = result;
      for (const [name, times] of result.reached) reached.set(name, (reached.get(name) ?? 0) + times);
      if (result.failure !== undefined) failures.push({ ...result, failure: result.failure });
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  clearInterval(progress);
  for (const [name, times] of [...reached].sort()) say(`${String(times).padStart(9)}  ${name}`);
  for (const failure of failures) say(isBrief ? named(failure, options) : await reported(failure, options));
  if (slowest) say(`from the end of faults to rest at most ${slowest.stepsToRest} steps, in seed ${slowest.seed}`);
  say(
    `${done} seeds, ${steps} steps, ${seconds()} s: ${failures.length === 0 ? 'all laws held' : `${failures.length} failed`}`,
  );
  return failures.length === 0 ? 0 : 1;
}

function resultOf(worker: Worker, asked: Asked): ReturnType<typeof runSeed> {
  return new Promise((resolve, reject) => {
    worker.once('message', (result) => {
      worker.off('error', reject);
      resolve(result);
    });
    worker.once('error', reject);
    worker.postMessage(asked);
  });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}
