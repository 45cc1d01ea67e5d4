import { Command, InvalidArgumentError, Option } from 'commander';

export const MEASURES = ['load-nested', 'load-flat', 'catch-up', 'latency', 'poison', 'take-over'] as const;
export type Measure = (typeof MEASURES)[number];

export interface BenchOptions {
  runs: number;
  only: readonly Measure[];
  rowsScale: number;
  latencySeconds: number;
  /** For so many seconds MongoDB keeps the history of every document. */
  targetHistory: number;
  /** Each measured load ends with `millrace verify`, beside the counts. */
  verify: boolean;
  /** The services over Kafka, in place of one process. */
  distributed: boolean;
  /** Of ingest, transform and write each, one measurement after the other. */
  replicas: readonly number[];
  json: boolean;
  /** Where the measured processes leave their CPU profiles. */
  cpuProf: string | undefined;
}

/** Prints help and ends the process where that is asked for, or where an argument is wrong (2). */
export function parseOptions(args: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description('Measures Millrace on servers of its own, which it starts and removes. See docs/40-benchmarks.md.')
    .addOption(new Option('--runs <N>', 'how often everything is measured').argParser(whole).default(3))
    .addOption(
      new Option('--only <LIST>', `some of ${MEASURES.join(',')}`).argParser(measures).default(MEASURES, 'all of them'),
    )
    .addOption(new Option('--rows-scale <X>', 'of the 762,000 rows and 300,000 changes').argParser(scale).default(1))
    .addOption(new Option('--latency-seconds <N>', 'how long the latency is measured').argParser(whole).default(60))
    .addOption(
      new Option('--target-history <N>', "seconds of history that MongoDB keeps of every document; MongoDB's own: 300")
        .argParser(whole)
        .default(10),
    )
    .option('--verify', 'after each load and catch-up compare every document, too: millrace verify', false)
    .option('--cpu-prof <DIR>', 'the measured processes leave their CPU profiles there (they are slower then)')
    .option('--distributed', 'the services over Kafka, in place of one process', false)
    .addOption(
      new Option('--replicas <LIST>', 'with --distributed: of ingest, transform and write each')
        .argParser(numbers)
        .default([1, 2], '1,2'),
    )
    .option('--json', 'the result as one JSON value on stdout', false)
    .helpOption('-h, --help', 'show this help')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  command.parse([...args], { from: 'user' });
  const options = command.opts<Omit<BenchOptions, 'cpuProf'> & { cpuProf?: string }>();
  return { ...options, cpuProf: options.cpuProf };
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

function numbers(text: string): number[] {
  return text.split(',').map(whole);
}

function scale(text: string): number {
  const value = Number(text);
  if (!(value >= 0.01 && value <= 100)) throw new InvalidArgumentError('It must be a number from 0.01 to 100.');
  return value;
}

function measures(text: string): Measure[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !MEASURES.includes(name as Measure));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`Unknown: ${unknown.join(', ')}. There are ${MEASURES.join(', ')}.`);
  return MEASURES.filter((measure) => names.includes(measure));
}
