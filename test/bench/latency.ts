import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqlSession } from '#servers';
import type { Bed } from './bed.js';
import { DiskProbe } from './disk-probe.js';
import { costs, type Figure, MARKS } from './figures.js';
import { CHANGES_PER_TRANSACTION, rowOf, stamp } from './latency-changes.js';
import { LatencyReader } from './latency-reader.js';
import { percentile, type Samples, samplesOf } from './latency-samples.js';
import type { WriterReport, WriterTask } from './latency-writer.js';

const CHANGES_PER_SECOND = 2000;
/** Written at the same pace before, and not counted: a job that has run for weeks is warm. */
const WARM_UP_SECONDS = 5;
/** A job that is slower than the writer has its backlog to work off. */
const PATIENCE_MS = 300_000;
const POLL_MS = 50;

/** A steady stream of small transactions, each change with the clock in it, until a reader of MongoDB sees it. */
export async function latency(bed: Bed): Promise<Figure[]> {
  const { bench } = bed;
  bench.say(`  latency at ${CHANGES_PER_SECOND} changes/s for ${bench.options.latencySeconds} s`);
  const reader = await LatencyReader.open(bed.mongo.uri, bed.database);
  try {
    const { result, cpuSeconds } = await bed.withMongoCpu(async () => {
      const process = bed.start(['run'], { profiled: true });
      try {
        const measured = await process.during((signal) => measure(bed, reader, signal));
        return { ...measured, ...(await process.stop()) };
      } finally {
        process.kill();
      }
    });
    const written = result.report.sentMs.length * CHANGES_PER_TRANSACTION;
    const spent = { noun: 'changes', amount: written, usage: result.usage, mongoCpuSeconds: cpuSeconds } as const;
    return [...figuresOf(result, written), ...costs('latency', spent)];
  } finally {
    await reader.close();
  }
}

function figuresOf({ samples, report, longestSyncMs }: Measured, written: number): Figure[] {
  const at = (percent: number): number => percentile(samples.latenciesMs, percent);
  return [
    { measure: 'latency', name: 'p50', unit: 'ms', value: at(50) },
    { measure: 'latency', name: 'p99', unit: 'ms', value: at(99), mark: MARKS.p99Ms },
    { measure: 'latency', name: 'longest', unit: 'ms', value: at(100) },
    { measure: 'latency', name: 'longest sync of the disk', unit: 'ms', value: longestSyncMs },
    { measure: 'latency', name: 'pace of the writer', unit: 'changes/s', value: written / report.seconds },
  ];
}

interface Measured {
  report: WriterReport;
  samples: Samples;
  longestSyncMs: number;
}

async function measure(bed: Bed, reader: LatencyReader, signal: AbortSignal): Promise<Measured> {
  await firstSeen(bed, reader, signal);
  await using disk = await DiskProbe.start();
  const report = await write(bed, signal);
  const samples = await allSeen(bed, reader, { report, signal });
  return { report, samples, longestSyncMs: disk.longestMs };
}

/** The job follows the changes: one that is made now arrives. */
async function firstSeen({ bench, postgres }: Bed, reader: LatencyReader, signal: AbortSignal): Promise<void> {
  const session = await openSqlSession(postgres.uri);
  try {
    const { order } = rowOf(0, bench.size.orders);
    await session.query('UPDATE shop.orders SET note = $2 WHERE order_id = $1', [order, stamp(0, Date.now())]);
  } finally {
    await session.close();
  }
  await until(() => reader.seenMs.has(0), signal);
}

async function write({ bench, postgres }: Bed, signal: AbortSignal): Promise<WriterReport> {
  const seconds = WARM_UP_SECONDS + bench.options.latencySeconds;
  const from = CHANGES_PER_TRANSACTION;
  const to = from + seconds * CHANGES_PER_SECOND;
  const task: WriterTask = {
    uri: postgres.uri,
    orders: bench.size.orders,
    changesPerSecond: CHANGES_PER_SECOND,
    from,
    to,
  };
  const writer = fork(new URL('./latency-writer.js', import.meta.url), { signal });
  try {
    const ended = once(writer, 'exit').then(([code]) => {
      throw new Error(`the writer of changes exited with ${code}`);
    });
    writer.send(task);
    const [report] = (await Promise.race([once(writer, 'message'), ended])) as [WriterReport];
    ended.catch(() => undefined);
    return report;
  } finally {
    writer.kill();
  }
}

/** Judged when nothing is missing any more; without the warm-up. */
async function allSeen(
  { bench }: Bed,
  reader: LatencyReader,
  of: { report: WriterReport; signal: AbortSignal },
): Promise<Samples> {
  const { sentMs } = of.report;
  const warmUp = (WARM_UP_SECONDS * CHANGES_PER_SECOND) / CHANGES_PER_TRANSACTION;
  const from = CHANGES_PER_TRANSACTION * (1 + warmUp);
  const { orders } = bench.size;
  const samples = (): Samples => samplesOf({ orders, from, sentMs: sentMs.slice(warmUp), seenMs: reader.seenMs });
  await until(() => samples().missing === 0, of.signal);
  return samples();
}

async function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > deadlineMs)
      throw new Error(`changes did not reach the target within ${PATIENCE_MS / 1000} s`);
    await delay(POLL_MS, undefined, { signal });
  }
}
