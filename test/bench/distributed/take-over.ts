import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '#config';
import type { Replica } from '../../e2e/kit/services.js';
import { type Figure, MARKS } from '../figures.js';
import { measure as measureLatency, streamOf } from '../latency.js';
import { LatencyReader } from '../latency-reader.js';
import type { ServicesBed } from './services-bed.js';

/** A light load: what is measured is for how long it stands still. */
const CHANGES_PER_SECOND = 200;
const SECONDS = 40;
/** After the writer's warm-up. */
const KILL_AFTER_MS = 12_000;

/**
 * From the loss of a replica to full flow again: a steady stream over all partitions, one of two replicas killed meanwhile; so
 * long the change waited that waited longest.
 */
export async function takeOver(bed: ServicesBed, measure: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const service of ['ingest', 'transform', 'write'] as const) {
    bed.bench.say(`  take-over of a killed ${service}`);
    figures.push({
      measure,
      name: `after the loss of ${service === 'ingest' ? 'the capturing ingest' : `a ${service}`}`,
      unit: 's',
      value: (await longestAfterKill(bed, service)) / 1_000,
      mark: MARKS.takeOverSeconds,
    });
    await bed.deployment.start(service);
  }
  return figures;
}

async function longestAfterKill(bed: ServicesBed, service: ServiceName): Promise<number> {
  const reader = await LatencyReader.open(bed.mongo.uri, bed.database);
  try {
    const stream = { ...streamOf(bed), changesPerSecond: CHANGES_PER_SECOND, seconds: SECONDS };
    const victim = service === 'ingest' ? await bed.capturing() : (bed.deployment.of(service)[0] as Replica);
    const killing = delay(KILL_AFTER_MS).then(() => victim.kill());
    const { samples } = await measureLatency(stream, reader, bed.bench.signal);
    await killing;
    return Math.max(...samples.latenciesMs);
  } finally {
    await reader.close();
  }
}
