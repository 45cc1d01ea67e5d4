import type { Bed, JobName } from './bed.js';
import { costs, type Figure, MARKS } from './figures.js';
import { millrace } from './millrace-process.js';
import { changesOf, makeChanges, sourceCounts, totalRows } from './workload.js';

const RUN_UNTIL_SYNCED = ['run', '--until-synced'] as const;

/** From the start of the process to the last document: when the phase of building has ended. */
export async function load(bed: Bed, job: JobName, copyBytes: number): Promise<Figure[]> {
  const { bench, postgres } = bed;
  const counts = await sourceCounts(postgres.uri);
  const rows = totalRows(counts);
  bench.say(`  ${job} load of ${rows} rows`);
  const { result, cpuSeconds } = await bed.withMongoCpu(async () => {
    const process = bed.start(RUN_UNTIL_SYNCED, { profiled: true });
    const builtMs = await process.said(isPhase('streaming'));
    return { builtMs, ...(await process.success()) };
  });
  await bed.confirm(counts);
  const seconds = result.builtMs / 1000;
  const measure = `load-${job}` as const;
  const mark = job === 'nested' ? MARKS.nestedRowsPerSecond : MARKS.flatRowsPerSecond;
  return [
    { measure, name: 'rows', unit: 'rows/s', value: rows / seconds, mark },
    { measure, name: 'source text', unit: 'MB/s', value: copyBytes / 1e6 / seconds },
    ...costs(measure, { noun: 'rows', amount: rows, spent: [millrace(result.usage)], mongoCpuSeconds: cpuSeconds }),
  ];
}

/** The job is stopped, the source changes, and the job is started: until it says that the last effect is there. */
export async function catchUp(bed: Bed): Promise<Figure[]> {
  const { bench, postgres } = bed;
  const changes = changesOf(bench.size);
  bench.say(`  ${changes} changes while the job is stopped`);
  await makeChanges(postgres.uri, bench.size);
  const counts = await sourceCounts(postgres.uri);
  bench.say('  catch-up');
  const { result, cpuSeconds } = await bed.withMongoCpu(async () => {
    const process = bed.start(RUN_UNTIL_SYNCED, { profiled: true });
    const syncedMs = await process.said(({ kind }) => kind === 'outcome');
    return { syncedMs, ...(await process.success()) };
  });
  await bed.confirm(counts);
  const perSecond = changes / (result.syncedMs / 1000);
  return [
    { measure: 'catch-up', name: 'changes', unit: 'changes/s', value: perSecond, mark: MARKS.changesPerSecond },
    ...costs('catch-up', {
      noun: 'changes',
      amount: changes,
      spent: [millrace(result.usage)],
      mongoCpuSeconds: cpuSeconds,
    }),
  ];
}

export const isPhase =
  (phase: string) =>
  (value: Record<string, unknown>): boolean =>
    value['kind'] === 'phase' && value['phase'] === phase;
