import type { Finding } from '#model';
import type { VerifyProgress, VerifyReport } from '#verify';

export type { VerifyDocument, VerifyReport } from '#verify';

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
  showLetter(id: string): Promise<Record<string, unknown>>;
  editLetter(id: string, columns: Record<string, string | null>, by: string): Promise<void>;
  replayLetters(
    options: { ids: string[]; all: boolean; dryRun: boolean },
    by: string,
    signal: AbortSignal,
  ): Promise<ReplayReport>;
  discardLetters(ids: string[], reason: string | undefined, by: string): Promise<{ discarded: number }>;
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

export interface ReplayReport {
  replayed: number;
  cleared: number;
  remaining: number;
  /** With `dryRun`: what a replay would write. */
  documents?: {
    id: string;
    collection: string;
    document: Record<string, unknown> | null;
    code?: string;
    message?: string;
  }[];
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
      changesPerSecond: number;
      deadLetters: number;
      retainedBytes: number | null;
    }
  | { kind: 'trouble'; message: string }
  | { kind: 'recovered' }
  | { kind: 'warning'; finding: Finding }
  | VerifyProgress;
