import type {
  Catalogue,
  Finding,
  Plan,
  Position,
  RowChange,
  SourceTable,
  TablePlan,
  TruncateChange,
  Tuple,
} from '#model';

/**
 * The port to a relational database. It knows no mapping: only which tables and columns a plan needs. All values come as
 * the source's text under pinned session settings, by one decoder for load, capture and look-ups, packed as `Tuple`s of
 * the table plan's columns, with canonical keys.
 *
 * The argument on which load and capture rest: `beginCapture` gives a start position P such that every transaction at or
 * before P is visible to every read that begins after it resolved, and every later one will be streamed. Visibility is
 * never derived from log positions.
 *
 * Transient trouble (connection lost, fail-over, restart) rejects with a `MillraceError` that is `retriable`; everything
 * else with one that is not, whose code says what a person must do. No message has a secret in it.
 */
export interface Source {
  readonly kind: string;
  /** What must stay the same for positions to mean the same: a change of it raises the epoch. */
  identity(): Promise<SourceIdentity>;
  catalogue(schemas?: readonly string[]): Promise<Catalogue>;
  /** Everything on the source that would stop or damage this job; without a plan, only what concerns the server. */
  preflight(request: PreflightRequest): Promise<Finding[]>;

  /**
   * Makes publication and slot under these names (dropping what a former try left under the same names), and resolves when
   * P is as above. Everything later is streamed from P on. `confirm` is called directly before each step that cannot be undone: a slot
   * that another process has made under the name by now must not go. Where it rejects, nothing more is done.
   */
  beginCapture(
    plan: Plan,
    names: CaptureNames,
    signal: AbortSignal,
    confirm?: () => Promise<void>,
  ): Promise<CaptureStart>;
  /**
   * Streams from the last confirmed position. One at a time per slot. It streams from the server and the history that `identity` told
   * last, and from no other: rejects (retriable) where that has changed since.
   */
  capture(plan: Plan, names: CaptureNames, epoch: number): CaptureStream;
  /**
   * Removes slot and publication if they are there; waits for a slot in use, up to `deadlineMs`, then ends its user. `confirm` as in
   * `beginCapture`.
   */
  dropCapture(names: CaptureNames, deadlineMs: number, confirm?: () => Promise<void>): Promise<void>;
  captureHealth(names: CaptureNames): Promise<CaptureHealth>;
  /** Rejects, as a stream of it would, where it cannot be streamed from any more: for while nobody streams. */
  checkCapture(names: CaptureNames): Promise<void>;

  /** Writes a marker into the source's log and makes sure that it will be streamed soon; it comes back with this id. */
  writeMarker(job: string, id: string): Promise<void>;
  /** All transactions that are finished by now: of which it can be asked whether a given one is among them. */
  visibility(): Promise<Visibility>;

  /** Ranges of the key that together cover the table, each of about `targetRows`. The ids are stable within a run only. */
  chunks(table: TablePlan, targetRows: number, signal: AbortSignal): AsyncIterable<Chunk>;
  /**
   * Reads a chunk in a short transaction of its own (or in `snapshot`). `begun` is called after its snapshot was taken and
   * before the first row; where it resolves to false nothing is read. The consumer's pace is the reader's.
   */
  readChunk(table: TablePlan, chunk: Chunk, options: ReadChunkOptions): AsyncIterable<LoadedRows>;
  /** One exported snapshot for `snapshot` mode, held until it is closed; readers of it prove that they have it. */
  openSnapshot(): Promise<SourceSnapshot>;
  /** Look-ups for preview, verify, repair and re-read, all in one read-only snapshot of its own until closed. */
  openReader(snapshot?: SourceSnapshot): Promise<SourceReader>;
  close(): Promise<void>;
}

export interface SourceIdentity {
  /** PostgreSQL: the system identifier. */
  system: string;
  /** PostgreSQL: the timeline. */
  history: string;
  version: string;
}

export interface PreflightRequest {
  mode: 'snapshot' | 'continuous';
  plan?: Plan;
  /** The catalogue's tables that the plan uses. */
  tables?: SourceTable[];
  names?: CaptureNames;
  maxRetainedBytes: number;
  /** A job that already runs or has run: its slot is there, and that is right. */
  resuming: boolean;
}

/** `millrace_<job>_<incarnation>` for both. */
export interface CaptureNames {
  slot: string;
  publication: string;
}

export interface CaptureStart {
  /** The commit position of P, as `formatCommit` makes it with the epoch. */
  commit: bigint;
  identity: SourceIdentity;
}

export interface CaptureHealth {
  exists: boolean;
  /** PostgreSQL's `wal_status` lost, or invalidated; with the reason. */
  lost?: string;
  /** What the slot makes the source keep, in bytes. */
  retainedBytes: number;
}

/**
 * The change log from the last confirmed position, whole transactions in commit order, positions the same on every
 * redelivery. Iterating it is what reads; not iterating holds the server back. Ends when `stop` was called; rejects as the
 * port says.
 */
export interface CaptureStream extends AsyncIterable<CaptureEvents> {
  /**
   * Everything up to and including this commit has an effect that can no longer be lost. Only ever called with the
   * `confirm` of events handed over, rising. Cheap: the adapter sends it on its own timer and on stop.
   */
  confirm(commit: bigint): void;
  stop(): Promise<void>;
}

/** What was decoded together; a transaction may be spread over several, and one may hold several transactions. */
export interface CaptureEvents {
  events: CaptureEvent[];
  /** Approximate size in memory. */
  bytes: number;
}

export type CaptureEvent =
  | RowChange
  | TruncateChange
  /** A marker of this job came back. */
  | { op: 'marker'; id: string; at: Position }
  /** End of a transaction: once all before it has resolved, `confirm` may be confirmed. Also sent on an idle source. */
  | { op: 'commit'; confirm: bigint; committedAtMs: number }
  /** The schema changed: a column was added (left out), or one in use changed (the job must stop). */
  | { op: 'schema'; finding: Finding; stops: boolean };

export interface Visibility {
  /** Whether this transaction (`RowChange.transaction`) was finished, and so visible to every later read. */
  finished(transaction: string): boolean;
  /** Those that were not; for whoever does not know which ones to ask for. */
  readonly inProgress: Iterable<string | bigint>;
}

/** A range of keys, as plain data that survives in a record: source text of the key's columns. */
export interface Chunk {
  table: number;
  /** Exclusive; null: from the start. */
  after: (string | null)[] | null;
  /** Inclusive; null: to the end. */
  upTo: (string | null)[] | null;
  /** Where the key cannot say it: a range of physical blocks (a table without key, in a snapshot). */
  blocks?: { relation: string; from: number; to: number };
  estimatedRows: number;
}

export interface ReadChunkOptions {
  snapshot?: SnapshotId;
  begun?: () => Promise<boolean>;
  signal: AbortSignal;
}

/** Columns of rows side by side: `keys[i]` is the canonical key of `tuples[i]`. */
export interface LoadedRows {
  keys: string[];
  tuples: Tuple[];
  bytes: number;
}

/** By which any process takes part in a snapshot that another one holds open. */
export interface SnapshotId {
  readonly id: string;
}

export interface SourceSnapshot extends SnapshotId {
  /** Throws where it is known to have ended: what is read from now on would be of another moment. */
  throwIfLost(): void;
  close(): Promise<void>;
}

export interface SourceReader {
  /** Rows whose `columns` (indexes into the plan's columns) equal one of `values` (source text, no nulls), by the source's `=`. */
  matching(table: TablePlan, columns: readonly number[], values: readonly (readonly string[])[]): Promise<LoadedRows>;
  /** In key order, above `after` (source text of the key), at most `limit`. */
  page(table: TablePlan, after: readonly string[] | null, limit: number): Promise<LoadedRows>;
  close(): Promise<void>;
}
