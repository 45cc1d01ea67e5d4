import { startPostgres } from '#servers';
import { Bed, type Bench } from './bed.js';
import type { Figure } from './figures.js';
import { floor } from './floor.js';
import { latency } from './latency.js';
import { catchUp, load } from './measures.js';
import type { Measure } from './options.js';
import { poison } from './poison.js';
import { copyTextBytes, loadWorkload, sourceCounts, totalRows } from './workload.js';

export interface RunResult {
  figures: Figure[];
  versions: { postgres: string; mongodb: string; Kafka?: string; Redis?: string };
}

/** As a server that matters is set: it waits for the disk. */
export const POSTGRES_SETTINGS = {
  fsync: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
  max_slot_wal_keep_size: '12GB',
};

/** Everything once, on servers that nobody has used before. */
export async function runOnce(bench: Bench): Promise<RunResult> {
  await using postgres = await startPostgres({ settings: POSTGRES_SETTINGS });
  bench.say('  filling the source');
  await loadWorkload(postgres.uri, bench.size);
  const copyBytes = await copyTextBytes(postgres.uri);
  const wants = (measure: Measure): boolean => bench.options.only.includes(measure);
  const figures: Figure[] = [];
  let mongodb = '';
  if (wants('load-flat')) {
    await using bed = await Bed.make(bench, 'flat', postgres);
    mongodb = bed.mongo.version;
    figures.push(...(await load(bed, 'flat', copyBytes)));
    figures.push(...(await floor(bed, totalRows(await sourceCounts(postgres.uri)))));
  }
  if (wants('load-nested') || wants('catch-up') || wants('latency')) {
    await using bed = await Bed.make(bench, 'nested', postgres);
    mongodb = bed.mongo.version;
    const loaded = await load(bed, 'nested', copyBytes);
    if (wants('load-nested')) figures.push(...loaded);
    if (wants('catch-up')) figures.push(...(await catchUp(bed)));
    if (wants('latency')) figures.push(...(await latency(bed)));
  }
  if (wants('poison')) figures.push(...(await poison(bench, postgres)));
  return { figures, versions: { postgres: postgres.version, mongodb } };
}
