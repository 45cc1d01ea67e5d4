import type { MakeRetryQueue, RetryQueue } from '#dead-letter';
import type { Ingest, MakeIngest } from '#ingest';
import type { Log, LogBatch } from '#log';
import type { Assembler, Evaluator } from '#mapping';
import type { CollectionPlan, Finding, Plan, RowChange, RowsRecord, TouchRecord } from '#model';
import type { CaptureNames, Source, SourceSnapshot } from '#sources';
import type { AsHolder, IncarnationNames, RecordedTask } from '#stage';
import type { Store } from '#store';
import type { MakeTransform, Toucher, Transform } from '#transform';
import { type Letter, letterId, type MakeWrite, type Write } from '#write';
import type { Partitions } from './job-record.js';
import type { JobTimers, Patience } from './patience.js';
import type { Tuning } from './tuning.js';

/** The rooms that the river runs through, as whoever composes the engine hosts them. */
export interface Rooms {
  ingest: MakeIngest;
  transform: MakeTransform;
  write: MakeWrite;
  deadLetter: MakeRetryQueue;
}

/**
 * What a process does of the river, beside running it: reads chunks of the load, owns rows, owns documents, tries letters
 * again.
 */
export type Role = 'ingest' | 'transform' | 'write' | 'dead-letter';

export const ALL_ROLES: readonly Role[] = ['ingest', 'transform', 'write', 'dead-letter'];

export interface RiverParts {
  rooms: Rooms;
  /** Of this process; others, which the log connects it with, have the rest. */
  roles: readonly Role[];
  plan: Plan;
  names: IncarnationNames;
  epoch: number;
  capture: CaptureNames | null;
  partitions: Partitions;
  source: Source;
  store: Store;
  asHolder: AsHolder;
  log: Log;
  assembler: Assembler;
  evaluator: Evaluator;
  patience: Patience;
  timers: JobTimers;
  tuning: Tuning;
  snapshot: SourceSnapshot | undefined;
  /** Something failed for good: the engine stops. */
  onFailure: (error: unknown) => void;
  onRows: (table: number, rows: number) => void;
  onTableDone: (table: number) => void;
  onBuilt: (collection: number, roots: number) => void;
  onCaptured: (changes: readonly RowChange[]) => void;
  /** Everything that the source had committed by then (ms since the epoch) has been appended. */
  onCommit: (committedAtMs: number) => void;
  onLetters: (count: number) => void;
  onSchema: (finding: Finding, stops: boolean) => void;
  onTouched: (collection: number, roots: readonly string[]) => void;
}

/** All actors of one incarnation, and what connects them. One process has one of each; services have some. */
export interface River extends Ingest, Transform, Write {
  retries: RetryQueue;
}

/** By topic; of those that the process has. */
export interface Handlers {
  rows: (batch: LogBatch<RowsRecord>) => Promise<{ completed: Promise<void> }>;
  touches: (batch: LogBatch<TouchRecord>) => Promise<{ completed: Promise<void> }>;
  load: (batch: LogBatch<RecordedTask>) => Promise<{ completed: Promise<void> }>;
  build: (batch: LogBatch<RecordedTask>) => Promise<{ completed: Promise<void> }>;
}

export function makeRiver(parts: RiverParts): River {
  const { rooms, timers, tuning } = parts;
  const now = (): number => timers.now();
  const { patiently } = parts.patience;
  const ingest = rooms.ingest({
    ...parts,
    rowsPartitions: parts.partitions.rows,
    taskPartitions: parts.partitions.tasks,
    now,
    patiently,
  });
  const transform = rooms.transform(parts);
  const retries = makeRetries(parts, transform.toucher);
  const write = rooms.write({
    ...parts,
    now,
    rootsPerTransaction: tuning.rootsPerTransaction,
    retry: (collection, roots, dueMs) => retries.add(collection, roots, dueMs),
  });
  return {
    ...ingest,
    ...transform,
    ...write,
    retries,
  };
}

/** Tries letters again by touching their roots, when whoever fills the queue from them says. */
export function makeRetries(
  parts: Pick<RiverParts, 'plan' | 'store' | 'names' | 'timers' | 'onFailure'> & { rooms: Pick<Rooms, 'deadLetter'> },
  toucher: Pick<Toucher, 'touch'>,
): RetryQueue {
  const { rooms, plan, names, timers, onFailure } = parts;
  return rooms.deadLetter({
    name: `${plan.job}.${names.incarnation}`,
    timers,
    onFailure,
    touch: async (collection, roots) => {
      const waiting = await stillWaiting(parts, collection, roots);
      if (waiting.length > 0) await toucher.touch(collection, waiting, 'retry');
    },
  });
}

/** What consumes the topics in a process that has these parts of the river. */
export function handlersOf({ ingest, transform, write }: Owned): Partial<Handlers> {
  return {
    ...(ingest && { load: (batch: LogBatch<RecordedTask>) => ingest.load.handle(batch) }),
    ...(transform && {
      rows: (batch: LogBatch<RowsRecord>) => transform.rows.handle(batch),
      build: (batch: LogBatch<RecordedTask>) => transform.build.handle(batch),
    }),
    ...(write && { touches: (batch: LogBatch<TouchRecord>) => write.documents.handle(batch) }),
  };
}

/** The parts of the river that a process has. */
export interface Owned {
  ingest?: Pick<Ingest, 'load'> | undefined;
  transform: Transform | undefined;
  write: Write | undefined;
}

/** Not those whose letter was discarded meanwhile, nor those that an operator has edited and has not replayed yet. */
async function stillWaiting(
  { plan, store, names }: Pick<RiverParts, 'plan' | 'store' | 'names'>,
  collection: number,
  roots: readonly string[],
): Promise<string[]> {
  const { name } = plan.collections[collection] as CollectionPlan;
  const rootOf = new Map(roots.map((root) => [letterId(name, root), root]));
  const letters = await store.read.byIds<Letter>(names.letters, [...rootOf.keys()], { fields: ['nextAt', 'waits'] });
  return letters.flatMap(({ _id, nextAt, waits }) =>
    nextAt === null && waits === null ? [] : [rootOf.get(_id) as string],
  );
}
