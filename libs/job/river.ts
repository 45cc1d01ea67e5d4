import type { MakeRetryQueue, RetryQueue } from '#dead-letter';
import type { Ingest, MakeIngest } from '#ingest';
import type { Log, LogBatch } from '#log';
import type { Assembler, Evaluator } from '#mapping';
import type { Finding, Plan, RowChange, RowsRecord, TouchRecord } from '#model';
import type { CaptureNames, Source, SourceSnapshot } from '#sources';
import type { IncarnationNames, RecordedTask } from '#stage';
import type { Store } from '#store';
import type { MakeTransform, Transform } from '#transform';
import type { MakeWrite, Write } from '#write';
import type { JobTimers, Patience } from './patience.js';
import type { Tuning } from './tuning.js';

/** The rooms that the river runs through, as whoever composes the engine hosts them. */
export interface Rooms {
  ingest: MakeIngest;
  transform: MakeTransform;
  write: MakeWrite;
  deadLetter: MakeRetryQueue;
}

export interface RiverParts {
  rooms: Rooms;
  plan: Plan;
  names: IncarnationNames;
  epoch: number;
  capture: CaptureNames | null;
  partitions: { rows: number; touches: number };
  source: Source;
  store: Store;
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
  onLetters: (count: number) => void;
  onSchema: (finding: Finding, stops: boolean) => void;
  onTouched: (collection: number, roots: readonly string[]) => void;
}

/** All actors of one incarnation, and what connects them. One process has one of each; services have some. */
export interface River extends Ingest, Transform, Write {
  retries: RetryQueue;
  handlers: {
    rows: (batch: LogBatch<RowsRecord>) => Promise<{ completed: Promise<void> }>;
    touches: (batch: LogBatch<TouchRecord>) => Promise<{ completed: Promise<void> }>;
    load: (batch: LogBatch<RecordedTask>) => Promise<{ completed: Promise<void> }>;
    build: (batch: LogBatch<RecordedTask>) => Promise<{ completed: Promise<void> }>;
  };
}

export function makeRiver(parts: RiverParts): River {
  const { rooms, timers, tuning, onFailure } = parts;
  const now = (): number => timers.now();
  const { patiently } = parts.patience;
  const ingest = rooms.ingest({ ...parts, rowsPartitions: parts.partitions.rows, now, patiently });
  const transform = rooms.transform(parts);
  const retries = rooms.deadLetter({
    timers,
    onFailure,
    touch: (collection, roots) => transform.toucher.touch(collection, roots, 'retry'),
  });
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
    handlers: {
      rows: (batch) => transform.rows.handle(batch),
      touches: (batch) => write.documents.handle(batch),
      load: (batch) => ingest.load.handle(batch),
      build: (batch) => transform.build.handle(batch),
    },
  };
}
