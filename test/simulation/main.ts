import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { type Failure, named, reported, tracedSeed } from './report.js';
import { runSeed, type SeedResult } from './world/run-seed.js';

/**
 * `npm run simulate`: the engine in a simulated world, one seed after the other. `--seeds N` explores, from a random first seed
 * unless one is given; `--seed S` repeats one, `--trace` tells all that happens in it.
 */

const PROGRESS_MS = 5_000;
const MOST_FAILURES = 3;
/** An error that nobody caught: each process of the engine would end by it, too. */
const ENDED = 'the process ended by an error that nobody caught';
/** Nothing of a world lives long: with this, little of it is copied about. */
const YOUNG_MB = 64;

interface Options {
  seeds: number;
  seed?: number;
  from?: number;
  trace?: boolean;
  brief?: boolean;
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
    .parse()
    .opts<Options>();
  if (options.seed !== undefined) return alone(options.seed, options.trace === true);
  return campaign(options.from ?? Math.floor(Math.random() * 1e9), options.seeds, options.brief === true);
}

async function alone(seed: number, isTraced: boolean): Promise<number> {
  const result = await runSeed(seed, isTraced ? { onTrace: tracedSeed(say) } : {});
  say(result.failure === undefined ? `seed ${seed}: all held, in ${result.steps} steps` : await reported(result));
  return result.failure === undefined ? 0 : 1;
}

async function campaign(from: number, seeds: number, isBrief: boolean): Promise<number> {
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
    let worker = makeWorker();
    while (next < from + seeds && failures.length < (isBrief ? 1 : MOST_FAILURES)) {
      const seed = next++;
      const result = await resultOf(worker, seed);
      if (result === undefined) worker = makeWorker();
      const { steps: its = 0, reached: reachedIt = new Map<string, number>(), failure } = result ?? { failure: ENDED };
      done++;
      steps += its;
      for (const [name, times] of reachedIt) reached.set(name, (reached.get(name) ?? 0) + times);
      if (failure !== undefined) failures.push({ seed, steps: its, reached: reachedIt, failure });
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  clearInterval(progress);
  for (const [name, times] of [...reached].sort()) say(`${String(times).padStart(9)}  ${name}`);
  for (const failure of failures) say(isBrief || failure.failure === ENDED ? named(failure) : await reported(failure));
  say(
    `${done} seeds, ${steps} steps, ${seconds()} s: ${failures.length === 0 ? 'all laws held' : `${failures.length} failed`}`,
  );
  return failures.length === 0 ? 0 : 1;
}

function makeWorker(): Worker {
  return new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
}

/** Undefined where the worker has ended. */
function resultOf(worker: Worker, seed: number): Promise<SeedResult | undefined> {
  return new Promise((resolve) => {
    const ended = (error: unknown) => {
      say(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
      resolve(undefined);
    };
    worker.once('message', (result) => {
      worker.off('error', ended);
      resolve(result);
    });
    worker.once('error', ended);
    worker.postMessage(seed);
  });
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}
