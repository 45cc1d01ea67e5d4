import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { COMPLETE_SEEDS, neverReached, summaryOf } from './matrix/summary.js';
import { type Failure, named, reported, tracedSeed } from './report.js';
import { runSeed } from './world/run-seed.js';

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
  complete?: boolean;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (isMainThread) process.exitCode = await main();
else parentPort?.on('message', async (seed: number) => parentPort?.postMessage(await runSeed(seed)));

async function main(): Promise<number> {
  const options = new Command('simulate')
    .description('runs the engine in a simulated world, and holds the laws of its design against what happens')
    .option('--seeds <n>', 'so many seeds', wholeNumber, 1_000)
    .option('--from <n>', 'the first seed; random where absent', wholeNumber)
    .option('--seed <n>', 'only this one', wholeNumber)
    .option('--trace', 'with --seed: everything that happens')
    .option('--brief', 'ends with the first seed that fails, and does not look for its shortest storm')
    .option(
      '--complete',
      `fails where a row of the fault matrix was never reached, as ${COMPLETE_SEEDS} seeds or more do`,
    )
    .parse()
    .opts<Options>();
  if (options.seed !== undefined) return alone(options.seed, options.trace === true);
  return campaign(options.from ?? Math.floor(Math.random() * 1e9), options);
}

async function alone(seed: number, isTraced: boolean): Promise<number> {
  const result = await runSeed(seed, isTraced ? { onTrace: tracedSeed(say) } : {});
  say(result.failure === undefined ? `seed ${seed}: all held, in ${result.steps} steps` : await reported(result));
  return result.failure === undefined ? 0 : 1;
}

async function campaign(from: number, { seeds, brief: isBrief = false, complete }: Options): Promise<number> {
  say(`seeds ${from} to ${from + seeds - 1}`);
  const began = Date.now();
  const reached = new Map<string, number>();
  const failures: Failure[] = [];
  let next = from;
  let done = 0;
  let steps = 0;
  const seconds = () => Math.round((Date.now() - began) / 1_000);
  const progress = setInterval(() => say(`${done} of ${seeds} seeds, ${steps} steps, ${seconds()} s`), PROGRESS_MS);
  const work = async () => {
    const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    while (next < from + seeds && failures.length < (isBrief ? 1 : MOST_FAILURES)) {
      const result = await resultOf(worker, next++);
      done++;
      steps += result.steps;
      for (const [name, times] of result.reached) reached.set(name, (reached.get(name) ?? 0) + times);
      if (result.failure !== undefined) failures.push({ ...result, failure: result.failure });
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  clearInterval(progress);
  for (const line of summaryOf(reached)) say(line);
  for (const failure of failures) say(isBrief ? named(failure) : await reported(failure));
  say(
    `${done} seeds, ${steps} steps, ${seconds()} s: ${failures.length === 0 ? 'all laws held' : `${failures.length} failed`}`,
  );
  return failures.length === 0 && isComplete(reached, done, complete ?? seeds >= COMPLETE_SEEDS) ? 0 : 1;
}

function isComplete(reached: ReadonlyMap<string, number>, seeds: number, isDemanded: boolean): boolean {
  const missing = isDemanded ? neverReached(reached) : [];
  for (const row of missing) say(`never reached in ${seeds} seeds: ${row}`);
  return missing.length === 0;
}

function resultOf(worker: Worker, seed: number): ReturnType<typeof runSeed> {
  return new Promise((resolve, reject) => {
    worker.once('message', (result) => {
      worker.off('error', reject);
      resolve(result);
    });
    worker.once('error', reject);
    worker.postMessage(seed);
  });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}
