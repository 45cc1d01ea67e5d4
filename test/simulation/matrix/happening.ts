import type { LogRecord } from '#log';
import type { Plan } from '#model';
import type { CommittedChange, Sender } from '../store/index.js';

/** What a handler was given at one time; the same object is told each time that something happens to it. */
export interface Batch {
  process: string;
  /** The topic's whole name: another incarnation's is another one. */
  topic: string;
  partition: number;
  records: readonly LogRecord[];
}

/** What a process has not committed yet: a transaction, and the documents of the target that it has written in it. */
export interface OpenTransaction {
  label: string;
  documents: readonly { collection: string; _id: unknown; isThere: boolean }[];
}

/** A transaction of the source. */
export interface SourceTransaction {
  id: bigint;
  tables: readonly string[];
  /** Changes of a key: the row's former key and its new one, as text. */
  movedKeys: readonly { table: string; from: string; to: string }[];
  firstLsn: bigint;
  /** Its changes' positions have this. */
  commitLsn: bigint;
  endLsn: bigint;
  /** A table's schema changes between two of its changes. */
  isMixed: boolean;
  /** Changes that stand at one and the same place in the log. */
  together: number;
}

/** What truly happened in the simulated world, as far as rows of the fault matrix are about it. */
export type Happening =
  | { kind: 'planned'; plan: Plan }
  | { kind: 'killed'; process: string; open: readonly OpenTransaction[] }
  /** It stands still, and for the broker it is gone. */
  | { kind: 'session over'; process: string; open: readonly OpenTransaction[] }
  | { kind: 'stood still'; process: string; open: readonly OpenTransaction[] }
  | { kind: 'went on'; process: string; stoodStillMs: number }
  /** A client of the log’s waits for an answer that never comes; and another one takes its place. */
  | { kind: 'client silent'; process: string }
  | { kind: 'client replaced'; process: string }
  | { kind: 'clock set'; process: string; byMs: number }
  | { kind: 'batch begun'; batch: Batch }
  | { kind: 'batch completed'; batch: Batch }
  | { kind: 'append begun'; process: string; topic: string; records: readonly LogRecord[]; append: object }
  | { kind: 'append resolved'; append: object }
  /** The store tries again. */
  | { kind: 'retried'; process: string; label: string; isConflict: boolean; attempt: number }
  | { kind: 'committed'; by: Sender; changes: readonly CommittedChange[] }
  | { kind: 'rolled back'; by: Sender; documents: number }
  | { kind: 'stale read'; by: Sender; collection: string }
  | { kind: 'commit asked again'; by: Sender; times: number }
  | { kind: 'written'; transaction: SourceTransaction }
  | { kind: 'visible'; id: bigint; flushedLsn: bigint }
  /** Rows of a table were read in a snapshot. */
  | { kind: 'read'; table: string; flushedLsn: bigint }
  /** A slot's snapshot was exported that counts these as committed. */
  | { kind: 'exported'; isCommitted(id: bigint): boolean }
  | { kind: 'stream cut'; slot: string }
  | { kind: 'stream begun'; slot: string }
  /** Whoever is to run the job does not, and says why: by code, with those of the findings that it names. */
  | { kind: 'refused'; codes: readonly string[] }
  /** A process tells of something, by its code, and goes on. */
  | { kind: 'warned'; code: string }
  /** Of those that not every row of is seen by itself. */
  | { kind: 'fault'; name: string }
  /** A verify that was asked for while changes went on has its report, and it calls no right document wrong. */
  | { kind: 'verified under traffic' }
  /** verify told of just what someone else had done to the target. */
  | { kind: 'damage is found' }
  /** Everything is right again, though a replica is dead for good. */
  | { kind: 'at rest with a replica less' };

/** Decides from what happens whether rows of the fault matrix did. */
export interface Watch {
  see(happening: Happening, atMs: number): void;
}

/** A row of the matrix, or a part of one, was reached. */
export type Reach = (counter: string) => void;
