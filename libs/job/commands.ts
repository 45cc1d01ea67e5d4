import type { Finding } from '#model';
import type { FieldDifference, VerifyProgress, VerifyReport } from '#verify';

export type { FieldDifference, VerifyDocument, VerifyReport } from '#verify';

/**
 * What the commands of the CLI (and later the REST API) do to one job. Each method is safe whether or not a `run` is alive:
 * where one is, requests in the state database ask the holder of the lease; where none is, the command takes the lease and
 * runs the engine for as long as it needs. Expected refusals are `MillraceError`s with an exit code.
 */
export interface JobCommands {
  check(): Promise<Finding[]>;
  preview(options: { collection?: string; limit: number }): AsyncIterable<Previewed>;
  run(options: RunOptions, signal: AbortSignal): Promise<RunOutcome>;
  verify(options: { collection?: string; repair: boolean }, signal: AbortSignal): Promise<VerifyReport>;
  status(): Promise<JobStatus>;
  listLetters(): Promise<LetterSummary[]>;
  /** A part of them, in the order of their ids; of very many nobody need hold all. */
  lettersPage(filter: LetterFilter, options: PageOptions): Promise<LetterPage>;
  showLetter(id: string): Promise<LetterView>;
  editLetter(id: string, columns: Record<string, string | null>, by: string): Promise<CorrectedRow>;
  replayLetters(
    options: { ids: string[]; all: boolean; dryRun: boolean },
    by: string,
    signal: AbortSignal,
  ): Promise<ReplayReport>;
  discardLetters(ids: string[], reason: string | undefined, by: string): Promise<{ discarded: number }>;
  /** Who did what to which letter, oldest first. */
  auditPage(options: PageOptions): Promise<AuditPage>;
  /** How the job gets on, whichever process runs it, until the signal. */
  watch(signal: AbortSignal): AsyncIterable<JobEvent>;
  /**
   * Resolves when a process that runs the job has loaded it and caught up with what the source had committed by then.
   * Waits for such a process as long as there is none.
   */
  synced(signal: AbortSignal): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  complete(signal: AbortSignal): Promise<VerifyReport>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** A document as the mapping makes it; null where it cannot, with the reason. */
export interface Previewed {
  collection: string;
  document: Record<string, unknown> | null;
  refused?: { code: string; message: string; path: string };
}

export interface RunOptions {
  untilSynced: boolean;
  fresh: boolean;
  dropTarget: boolean;
  force: readonly string[];
}

export type RunOutcome =
  /** A snapshot was loaded, or `--until-synced` has caught up. */
  | { kind: 'done' }
  /** A snapshot that was loaded by an earlier run: nothing was done. */
  | { kind: 'loaded' }
  /** Stopped by the signal. `synced`: nothing that was asked for was left. */
  | { kind: 'stopped'; synced: boolean }
  /** Only the watching was stopped: the job goes on where it runs. */
  | { kind: 'left' }
  /** The job was completed by another command meanwhile. */
  | { kind: 'completed' };

/** Phases of DESIGN.md; `none`: the job has never run. */
export type Phase =
  | 'none'
  | 'checking'
  | 'loading'
  | 'building'
  | 'streaming'
  | 'paused'
  | 'completing'
  | 'completed'
  | 'attention';

export interface JobStatus {
  job: string;
  phase: Phase;
  /** Whether a `run` holds the lease now. */
  running: boolean;
  tables: { table: string; rows: number; total: number; etaSeconds?: number }[];
  lagSeconds: number | null;
  deadLetters: number;
  retainedBytes: number | null;
  /** While documents are being built: of each collection, how many of its roots are. */
  built?: { collection: string; roots: number; total: number; etaSeconds?: number }[];
  /** While a run follows changes: those that it has just captured. */
  changesPerSecond?: number;
  /** In `attention`: why, and what to do. */
  attention?: { code: string; message: string; remedy: string };
  /** Transient trouble that is being retried now, for people. */
  trouble?: string;
}

export interface LetterSummary {
  id: string;
  collection: string;
  /** The root's key columns, by name. */
  key: Record<string, string | null>;
  code: string;
  message: string;
  attempts: number;
  firstAt: string;
  lastAt: string;
}

/** The row that a letter was about when it was corrected, as it was without that: changes since it was shown may have made it another one. */
export interface CorrectedRow {
  table: string;
  key: Record<string, string | null>;
  row: Record<string, string | null>;
}

export interface ReplayReport {
  replayed: number;
  cleared: number;
  remaining: number;
  /** With `dryRun`: what a replay would write. */
  documents?: DryRun[];
}

/** A document as a replay would write it; null where it would be deleted, or, with a `code`, could not be written. */
export interface DryRun {
  id: string;
  collection: string;
  document: Record<string, unknown> | null;
  code?: string;
  message?: string;
}

/** One letter with all that is known. Documents are exact: each value in BSON's own class. */
export interface LetterView extends LetterSummary {
  path: string | null;
  table: string;
  row: Record<string, string | null> | null;
  /** As it stands in the target. */
  document: object | null;
  /** What a replay would write. */
  replay: { document: object | null; code?: string; message?: string };
  /** From the one to the other; null where a replay could write nothing. */
  difference: FieldDifference[] | null;
  edited: Record<string, string | null> | null;
  nextAt: string | null;
}

/** Those that all of it fits; `text` stands in id, key, message or path, in whichever case. */
export interface LetterFilter {
  collection?: string;
  code?: string;
  text?: string;
}

export interface PageOptions {
  /** `next` of the page before. */
  after?: string | undefined;
  limit: number;
}

export interface LetterPage {
  letters: LetterSummary[];
  /** Null: these were the last. */
  next: string | null;
}

export interface AuditPage {
  entries: AuditTrailEntry[];
  next: string | null;
}

export interface AuditTrailEntry {
  id: string;
  at: string;
  by: string;
  action: string;
  letter?: string;
  collection?: string;
  details: Record<string, unknown>;
}

/** What a running job tells whoever watches: the CLI's progress bars and log lines. */
export type JobEvent =
  | { kind: 'phase'; phase: Phase }
  | {
      kind: 'progress';
      tables: { table: string; rows: number; total: number; done: boolean }[];
      stage: 'load' | 'build';
    }
  | {
      kind: 'streaming';
      lagSeconds: number;
      /** Null where it is not known. */
      changesPerSecond: number | null;
      deadLetters: number;
      retainedBytes: number | null;
    }
  | { kind: 'trouble'; message: string }
  | { kind: 'recovered' }
  | { kind: 'warning'; finding: Finding }
  | VerifyProgress;
