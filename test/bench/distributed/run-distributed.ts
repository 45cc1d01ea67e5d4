import { type Server, startPostgres } from '#servers';
import type { Bench } from '../bed.js';
import { costs, type Figure, MARKS, type Mark } from '../figures.js';
import { latencyFigures, measure as measureLatency, streamOf, writtenOf } from '../latency.js';
import { LatencyReader } from '../latency-reader.js';
import type { Measure } from '../options.js';
import { POSTGRES_SETTINGS, type RunResult } from '../run.js';
import { changesOf, loadWorkload, makeChanges, sourceCounts, totalRows } from '../workload.js';
import { ServicesBed } from './services-bed.js';
import { takeOver } from './take-over.js';

/** Half of what one process should reach, on the same machine. */
const HALF = (mark: { atLeast: number }): Mark => ({ atLeast: mark.atLeast / 2 });

/** Everything once with each number of replicas, on servers that nobody has used before. */
export async function runDistributed(bench: Bench): Promise<RunResult> {
  const figures: Figure[] = [];
  let versions: RunResult['versions'] = { postgres: '', mongodb: '' };
  for (const replicas of bench.options.replicas) {
    await using postgres = await startPostgres({ settings: POSTGRES_SETTINGS });
    bench.say(`  ${replicas} of each; filling the source`);
    await loadWorkload(postgres.uri, bench.size);
    const run = new Run(bench, postgres, replicas);
    figures.push(...(await run.all()));
    versions = { postgres: postgres.version, ...run.versions };
  }
  return { figures, versions };
}

class Run {
  versions = { mongodb: '' };

  constructor(
    private readonly bench: Bench,
    private readonly postgres: Server,
    private readonly replicas: number,
  ) {}

  async all(): Promise<Figure[]> {
    const figures: Figure[] = [];
    if (this.wants('load-flat')) {
      await using bed = await this.bed('flat');
      figures.push(...(await this.load(bed, 'load-flat', HALF(MARKS.flatRowsPerSecond))));
    }
    if (!(['load-nested', 'catch-up', 'latency', 'take-over'] as const).some((name) => this.wants(name)))
      return figures;
    await using bed = await this.bed('nested');
    const loaded = await this.load(bed, 'load-nested', HALF(MARKS.nestedRowsPerSecond));
    if (this.wants('load-nested')) figures.push(...loaded);
    if (this.wants('catch-up')) figures.push(...(await this.catchUp(bed)));
    if (this.wants('latency')) figures.push(...(await this.latency(bed)));
    if (this.wants('take-over') && this.replicas > 1) figures.push(...(await takeOver(bed, this.named('take-over'))));
    return figures;
  }

  private async bed(job: 'flat' | 'nested'): Promise<ServicesBed> {
    const bed = await ServicesBed.make(this.bench, job, this.postgres);
    this.versions = bed.versions;
    try {
      await bed.start(this.replicas);
      await bed.create();
      return bed;
    } catch (error) {
      await bed[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** From when it is asked for to the last document: when the phase of building has ended. */
  private async load(bed: ServicesBed, name: Measure, mark: Mark): Promise<Figure[]> {
    const rows = totalRows(await sourceCounts(this.postgres.uri));
    this.bench.say(`  ${name} of ${rows} rows`);
    const { result: seconds, ...usage } = await bed.withUsage(() =>
      timed(async () => {
        await bed.run();
        await bed.streaming();
      }),
    );
    const measure = this.named(name);
    const rate = { measure, name: 'rows', unit: 'rows/s', value: rows / seconds, mark };
    return [rate, ...costs(measure, { noun: 'rows', amount: rows, ...usage })];
  }

  /** The job is stopped, the source changes, and the job is asked for: until the last effect is there. */
  private async catchUp(bed: ServicesBed): Promise<Figure[]> {
    const changes = changesOf(this.bench.size);
    await bed.stop();
    this.bench.say(`  ${changes} changes while the job is stopped`);
    await makeChanges(this.postgres.uri, this.bench.size);
    this.bench.say('  catch-up');
    const { result: seconds, ...usage } = await bed.withUsage(() =>
      timed(async () => {
        await bed.run();
        await bed.job.synced(this.bench.signal);
      }),
    );
    const measure = this.named('catch-up');
    const mark = HALF(MARKS.changesPerSecond);
    const rate = { measure, name: 'changes', unit: 'changes/s', value: changes / seconds, mark };
    return [rate, ...costs(measure, { noun: 'changes', amount: changes, ...usage })];
  }

  private async latency(bed: ServicesBed): Promise<Figure[]> {
    const stream = streamOf(bed);
    this.bench.say(`  latency at ${stream.changesPerSecond} changes/s for ${stream.seconds} s`);
    const reader = await LatencyReader.open(bed.mongo.uri, bed.database);
    try {
      const { result, ...usage } = await bed.withUsage(() => measureLatency(stream, reader, this.bench.signal));
      const measure = this.named('latency');
      const unmarked = latencyFigures(result, measure).map(({ mark: _, ...figure }) => figure);
      return [...unmarked, ...costs(measure, { noun: 'changes', amount: writtenOf(result), ...usage })];
    } finally {
      await reader.close();
    }
  }

  private wants(measure: Measure): boolean {
    return this.bench.options.only.includes(measure);
  }

  private named(measure: Measure): string {
    return `${measure} ×${this.replicas}`;
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}
