import { RetryQueue } from '#dead-letter';
import { CaptureActor, LoadActor, type LoadTask, Markers, Reread, RowPacker } from '#ingest';
import { InFlight, type Log, type LogBatch } from '#log';
import { type Assembler, compileRowStager } from '#mapping';
import type { Finding, Plan, RowChange, RowsRecord, TouchRecord } from '#model';
import type { CaptureNames, Source, SourceSnapshot } from '#sources';
import type { IncarnationNames } from '#stage';
import type { Store } from '#store';
import {
  BuildActor,
  type BuildTask,
  type Evaluator,
  FanOutTasks,
  PhaseView,
  Resolver,
  RowActor,
  stageTables,
  Toucher,
} from '#transform';
import { Claims, DocumentActor, Letters, type Letter, TreeReader } from '#write';
import type { Patience, JobTimers } from './patience.js';
import type { Tuning } from './tuning.js';

export interface RiverParts {
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
export interface River {
  packer: RowPacker;
  markers: Markers | undefined;
  capture: CaptureActor | undefined;
  reread: Reread | undefined;
  load: LoadActor;
  rows: RowActor;
  fanOut: FanOutTasks;
  build: BuildActor;
  toucher: Toucher;
  documents: DocumentActor;
  retries: RetryQueue;
  loadInFlight: InFlight;
  captureInFlight: InFlight;
  handlers: {
    rows: (batch: LogBatch<RowsRecord>) => Promise<{ completed: Promise<void> }>;
    touches: (batch: LogBatch<TouchRecord>) => Promise<{ completed: Promise<void> }>;
    load: (batch: LogBatch<LoadTask>) => Promise<{ completed: Promise<void> }>;
    build: (batch: LogBatch<BuildTask>) => Promise<{ completed: Promise<void> }>;
  };
}

export function makeRiver(parts: RiverParts): River {
  const ingest = makeIngest(parts);
  const transform = makeTransform(parts);
  const write = makeWrite(parts, transform.toucher);
  return {
    ...ingest,
    ...transform,
    ...write,
    handlers: {
      rows: (batch) => transform.rows.handle(batch),
      touches: (batch) => write.documents.handle(batch),
      load: (batch) => ingest.load.handle(batch),
      build: (batch) => transform.build.handle(batch),
    },
  };
}

function makeIngest(parts: RiverParts) {
  const { plan, names, source, store, log, tuning, timers } = parts;
  const { patiently } = parts.patience;
  const packer = new RowPacker(log, names.topic(plan.job, 'rows'), parts.partitions.rows);
  const loadInFlight = new InFlight(tuning.loadInFlightBytes);
  const captureInFlight = new InFlight(tuning.captureInFlightBytes);
  const load = new LoadActor({
    source,
    plan,
    names,
    store,
    log,
    packer,
    patiently,
    topic: names.topic(plan.job, 'load-tasks'),
    partitions: tuning.readers,
    inFlight: loadInFlight,
    chunkRows: tuning.chunkRows,
    snapshot: parts.snapshot,
    onRows: parts.onRows,
    onTableDone: parts.onTableDone,
  });
  if (parts.capture === null) {
    return { packer, load, loadInFlight, captureInFlight, markers: undefined, capture: undefined, reread: undefined };
  }
  const markers = new Markers(source, plan.job, patiently);
  const capture = new CaptureActor({
    source,
    plan,
    packer,
    markers,
    names: parts.capture,
    epoch: parts.epoch,
    inFlight: captureInFlight,
    now: () => timers.now(),
    onSchema: parts.onSchema,
    onCaptured: parts.onCaptured,
  });
  return {
    packer,
    load,
    loadInFlight,
    captureInFlight,
    markers,
    capture,
    reread: new Reread(plan, names, source, store, markers, packer),
  };
}

function makeTransform(parts: RiverParts) {
  const { plan, names, store, log, tuning } = parts;
  const toucher = new Toucher(log, names.topic(plan.job, 'touches'), parts.partitions.touches);
  const resolver = new Resolver(plan, names, store.read);
  const fanOut = new FanOutTasks(store, names, resolver, toucher, parts.onFailure);
  const rows = new RowActor({
    names,
    store,
    resolver,
    toucher,
    fanOut,
    tables: stageTables(plan, names, (table) => compileRowStager(plan, table.index).ofTuple),
    evaluator: parts.evaluator,
    phase: new PhaseView(store.read, names.incarnation),
    partitions: parts.partitions.rows,
  });
  const build = new BuildActor({
    plan,
    names,
    store,
    log,
    toucher,
    topic: names.topic(plan.job, 'build-tasks'),
    partitions: tuning.readers,
    rootsPerTask: tuning.rootsPerBuildTask,
    onRoots: parts.onBuilt,
  });
  return { toucher, fanOut, rows, build };
}

function makeWrite(parts: RiverParts, toucher: Toucher) {
  const { plan, names, store, assembler, timers } = parts;
  const retries = new RetryQueue(
    timers,
    (collection, roots) => toucher.touch(collection, roots, 'retry'),
    parts.onFailure,
  );
  const letters = new Letters(
    names,
    () => new Date(timers.now()),
    (written: readonly Letter[], fresh: number) => {
      for (const letter of written) {
        if (letter.nextAt !== null) retries.add(letter.collectionIndex, [letter.root], letter.nextAt.getTime());
      }
      if (fresh > 0) parts.onLetters(fresh);
    },
  );
  const documents = new DocumentActor({
    plan,
    names,
    store,
    assembler,
    letters,
    trees: new TreeReader(plan, names),
    claims: new Claims(plan, names, assembler),
    maxRoots: parts.tuning.rootsPerTransaction,
    touchLater: (collection, roots) => retries.add(collection, roots),
    onTouched: parts.onTouched,
  });
  return { documents, retries };
}
