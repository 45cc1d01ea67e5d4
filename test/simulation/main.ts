import { isMainThread, parentPort } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { type AskedSeed, Campaign, seedOptions } from './campaign.js';
import { COMPLETE_SEEDS } from './matrix/summary.js';
import { isFailure, reported, tracedSeed } from './report.js';
import { runSeed } from './world/run-seed.js';

/**
 * `npm run simulate`: the engine in a simulated world, one seed after the other. `--seeds N` explores, from a random first seed
 * unless one is given; `--seed S` repeats one, `--trace` tells all that happens in it.
 */

interface Options {
  seeds: number;
  seconds?: number;
  seed?: number;
  from?: number;
  trace?: boolean;
  storm?: number;
  without?: string[];
  brief?: boolean;
  complete?: boolean;
  progress?: boolean;
  verify?: boolean;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (isMainThread) process.exitCode = await main();
else
  parentPort?.on('message', async ({ seed, options }: AskedSeed) =>
    parentPort?.postMessage(await runSeed(seed, options)),
  );

async function main(): Promise<number> {
  const command = new Command('simulate')
    .description('runs the engine in a simulated world, and holds the laws of its design against what happens')
    .option('--seeds <n>', 'so many seeds', atLeastOne, 1_000)
    .option('--seconds <n>', 'in place of a number of seeds: as many as fit', atLeastOne)
    .option('--from <n>', 'the first seed; random where absent', wholeNumber)
    .option('--seed <n>', 'only this one', wholeNumber)
    .option('--trace', 'with --seed: everything that happens')
    .option('--storm <n>', 'with --seed: so many steps with faults, in place of its own number', wholeNumber)
    .option('--without <names...>', 'with --seed: these faults are drawn, and do not happen')
    .option('--brief', 'ends with the first seed that fails, and does not look for its shortest storm')
    .option(
      '--complete',
      `fails where a row of the fault matrix was never reached, as ${COMPLETE_SEEDS} seeds or more do`,
    )
    .option(
      '--progress',
      'in every seed one of two replicas of each role is lost when faults stop, and the steps to rest are counted',
    )
    .option('--verify', 'counts only what the command verify finds once faults have stopped')
    .parse();
  const options = command.opts<Options>();
  const ofOne = (['trace', 'storm', 'without'] as const).filter((name) => options[name] !== undefined);
  if (options.seed === undefined && ofOne.length > 0)
    command.error(`error: ${ofOne.map((name) => `--${name}`).join(', ')} is of one seed: name it with --seed`);
  if (options.seed !== undefined) return alone(options.seed, options);
  const { from = Math.floor(Math.random() * 1e9) } = options;
  return (await new Campaign({ ...options, from, say, worker: new URL(import.meta.url) }).run()) ? 0 : 1;
}

async function alone(seed: number, { trace, storm, without, ...asked }: Options): Promise<number> {
  const options = {
    ...seedOptions(asked),
    ...(storm !== undefined && { stormSteps: storm }),
    ...(without && { without }),
  };
  const result = await runSeed(seed, trace ? { ...options, onTrace: tracedSeed(say) } : options);
  say(isFailure(result) ? await reported(result, options) : `seed ${seed}: all held, in ${result.steps} steps`);
  const strange = without?.filter((name) => !result.withheld.has(name)) ?? [];
  for (const name of strange)
    say(`no fault "${name}" was drawn, so that leaving it out has changed nothing; a trace names them`);
  return result.failure === undefined && strange.length === 0 ? 0 : 1;
}

function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('It must be at least 1.');
  return number;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}
