import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqlSession } from '#servers';
import type { Bed, Bench } from './bed.js';
import { DiskProbe } from './disk-probe.js';
import { costs, type Figure, MARKS } from './figures.js';
import { CHANGES_PER_TRANSACTION, rowOf, stamp } from './latency-changes.js';
import { LatencyReader } from './latency-reader.js';
import { percentile, type Samples, samplesOf } from './latency-samples.js';
import { millrace } from './millrace-process.js';
import type { WriterReport, WriterTask } from './latency-writer.js';

const CHANGES_PER_SECOND = 2000;
/** Written at the same pace before, and not counted: a job that has run for weeks is warm. */
const WARM_UP_SECONDS = 5;
/** A job that is slower than the writer has its backlog to work off. */
const PATIENCE_MS = 300_000;
const POLL_MS = 50;

/** Between which servers, and how fast is written for how long. */
export interface Stream {
  bench: Bench;
  postgres: { uri: string };
  mongo: { uri: string };
  database: string;
  changesPerSecond: number;
  seconds: number;
}

/** A steady stream of small transactions, each change with the clock in it, until a reader of MongoDB sees it. */
export async function latency(bed: Bed): Promise<Figure[]> {
  const { bench } = bed;
  bench.say(`  latency at ${CHANGES_PER_SECOND} changes/s for ${bench.options.latencySeconds} s`);
  const reader = await LatencyReader.open(bed.mongo.uri, bed.database);
  try {
    const { result, cpuSeconds } = await bed.withMongoCpu(async () => {
      const process = bed.start(['run'], { profiled: true });
      try {
        const measured = await process.during((signal) => measure(streamOf(bed), reader, signal));
        return { ...measured, ...(await process.stop()) };
      } finally {
        process.kill();
      }
    });
    const spent = [millrace(result.usage)];
    const of = { noun: 'changes', amount: writtenOf(result), spent, mongoCpuSeconds: cpuSeconds } as const;
    return [...latencyFigures(result), ...costs('latency', of)];
  } finally {
    await reader.close();
  }
}

export function streamOf({
  bench,
  postgres,
  mongo,
  database,
}: Pick<Bed, 'bench' | 'postgres' | 'mongo' | 'database'>): Stream {
  const { latencySeconds: seconds } = bench.options;
  return { bench, postgres, mongo, database, changesPerSecond: CHANGES_PER_SECOND, seconds };
}

export const writtenOf = ({ report }: Measured): number => report.sentMs.length * CHANGES_PER_TRANSACTION;

export function latencyFigures(measured: Measured, measure = 'latency'): Figure[] {
  const { samples, report, longestSyncMs } = measured;
  const at = (percent: number): number => percentile(samples.latenciesMs, percent);
  return [
    { measure, name: 'p50', unit: 'ms', value: at(50) },
    { measure, name: 'p99', unit: 'ms', value: at(99), mark: MARKS.p99Ms },
    { measure, name: 'longest', unit: 'ms', value: at(100) },
    { measure, name: 'longest sync of the disk', unit: 'ms', value: longestSyncMs },
    { measure, name: 'pace of the writer', unit: 'changes/s', value: writtenOf(measured) / report.seconds },
  ];
}

export interface Measured {
  report: WriterReport;
  samples: Samples;
  longestSyncMs: number;
}

export async function measure(stream: Stream, reader: LatencyReader, signal: AbortSignal): Promise<Measured> {
  await firstSeen(stream, reader, signal);
  await using disk = await DiskProbe.start();
  const report = await write(stream, signal);
  const samples = await allSeen(stream, reader, { report, signal });
  return { report, samples, longestSyncMs: disk.longestMs };
}

/** The job follows the changes: one that is made now arrives. */
async function firstSeen({ bench, postgres }: Stream, reader: LatencyReader, signal: AbortSignal): Promise<void> {
  const session = await openSqlSession(postgres.uri);
  try {
    const { order } = rowOf(0, bench.size.orders);
    await session.query('UPDATE shop.orders SET note = $2 WHERE order_id = $1', [order, stamp(0, Date.now())]);
  } finally {
    await session.close();
  }
  await until(() => reader.seenMs.has(0), signal);
}

async function write(stream: Stream, signal: AbortSignal): Promise<WriterReport> {
  const { bench, postgres, changesPerSecond } = stream;
  const seconds = WARM_UP_SECONDS + stream.seconds;
  const from = CHANGES_PER_TRANSACTION;
  const to = from + seconds * changesPerSecond;
  const task: WriterTask = {
    uri: postgres.uri,
    orders: bench.size.orders,
    changesPerSecond,
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
  { bench, changesPerSecond }: Stream,
  reader: LatencyReader,
  of: { report: WriterReport; signal: AbortSignal },
): Promise<Samples> {
  const { sentMs } = of.report;
  const warmUp = (WARM_UP_SECONDS * changesPerSecond) / CHANGES_PER_TRANSACTION;
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
