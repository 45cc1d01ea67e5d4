import { InFlight, type Log } from '#log';
import type { Finding, Plan, RowChange } from '#model';
import type { CaptureNames, Source, SnapshotId } from '#sources';
import type { AsHolder, IncarnationNames } from '#stage';
import type { Store } from '#store';
import { CaptureActor } from './capture-actor.js';
import { LoadActor } from './load-actor.js';
import { Markers } from './markers.js';
import { Reread } from './reread.js';
import { RowPacker } from './row-packer.js';

export interface IngestParts {
  plan: Plan;
  names: IncarnationNames;
  epoch: number;
  /** Null in `snapshot` mode: then there is no capture. */
  capture: CaptureNames | null;
  /** Of the topic `rows`. */
  rowsPartitions: number;
  /** Of the topic `load-tasks`: so many chunks are read side by side. */
  taskPartitions: number;
  source: Source;
  store: Store;
  asHolder: AsHolder;
  log: Log;
  snapshot: SnapshotId | undefined;
  /** Resolves when another chunk's rows may be appended; rejects when the signal is raised. Absent: at any time. */
  room?: (signal: AbortSignal) => Promise<void>;
  tuning: { chunkRows: number; loadInFlightBytes: number; captureInFlightBytes: number };
  now: () => number;
  patiently: <T>(work: () => Promise<T>) => Promise<T>;
  onRows: (table: number, rows: number) => void;
  onTableDone: (table: number) => void;
  onCaptured: (changes: readonly RowChange[]) => void;
  onCommit?: (committedAtMs: number) => void;
  onSchema: (finding: Finding, stops: boolean) => void;
}

/** What reads the source, for one incarnation. */
export interface Ingest {
  packer: RowPacker;
  load: LoadActor;
  loadInFlight: InFlight;
  captureInFlight: InFlight;
  markers: Markers | undefined;
  capture: CaptureActor | undefined;
  reread: Reread | undefined;
}

export type MakeIngest = (parts: IngestParts) => Ingest;

export const makeIngest: MakeIngest = (parts) => {
  const { plan, names, source, store, asHolder, log, tuning, patiently } = parts;
  const packer = new RowPacker(log, names.topic(plan.job, 'rows'), parts.rowsPartitions);
  const loadInFlight = new InFlight(tuning.loadInFlightBytes);
  const captureInFlight = new InFlight(tuning.captureInFlightBytes);
  const load = new LoadActor({
    source,
    plan,
    names,
    store,
    asHolder,
    log,
    packer,
    patiently,
    topic: names.topic(plan.job, 'load-tasks'),
    partitions: parts.taskPartitions,
    inFlight: loadInFlight,
    chunkRows: tuning.chunkRows,
    snapshot: parts.snapshot,
    ...(parts.room && { room: parts.room }),
    onRows: parts.onRows,
    onTableDone: parts.onTableDone,
  });
  if (parts.capture === null) {
    return { packer, load, loadInFlight, captureInFlight, markers: undefined, capture: undefined, reread: undefined };
  }
  const markers = new Markers(source, plan.job, patiently);
  const reread = new Reread(plan, names, source, store, markers, packer);
  const capture = new CaptureActor({
    source,
    plan,
    packer,
    markers,
    names: parts.capture,
    epoch: parts.epoch,
    inFlight: captureInFlight,
    now: parts.now,
    onSchema: parts.onSchema,
    onCaptured: parts.onCaptured,
    ...(parts.onCommit && { onCommit: parts.onCommit }),
  });
  return { packer, load, loadInFlight, captureInFlight, markers, capture, reread };
};
