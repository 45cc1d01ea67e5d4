import type { Assembler, Evaluator } from '#mapping';
import type { Plan, Position, RowsRecord, StagedRow } from '#model';
import type { Source } from '#sources';
import type { Store } from '#store';

/** What reading documents out of the source takes; all that `preview` needs. */
export interface SourceDocumentDeps {
  plan: Plan;
  source: Pick<Source, 'openReader' | 'openSnapshot' | 'chunks' | 'readChunk'>;
  evaluator: Evaluator;
  assembler: Pick<Assembler, 'assemble'>;
}

/**
 * What the running engine does for a verification. In `snapshot` mode there is no capture: `visible` and `drained`
 * resolve at once (`noCapture`), and rows cannot be repaired.
 */
export interface CaptureControl {
  /**
   * Writes a marker L into the source's log. Resolves with its position once it has come back through the capture *and*
   * every transaction in the log up to L is visible to every read of the source that begins later.
   */
  visible(signal: AbortSignal): Promise<Position>;
  /**
   * Resolves when a marker written after this call has gone through every partition of `rows`, the touches of everything
   * before it are committed, and no task and no due retry is left.
   */
  drained(signal: AbortSignal): Promise<void>;
  /**
   * Writes a second marker; where it comes back in the capture's own order, and nowhere else, appends the records to
   * their partitions of `rows`. Resolves when that append has. Changes that the reading of these rows has seen are in
   * the log before that marker, so they are staged before the records and, being above L, win over them.
   */
  appendAtMarker(records: readonly RepairRecord[], signal: AbortSignal): Promise<void>;
}

export type RepairRecord = Extract<RowsRecord, { kind: 'repair' }>;

/**
 * Which roots the write actor touches while a verification looks at them. A root counts as touched from the moment when
 * the actor takes the touch in until after its transaction has committed: see `TouchRegister.noticed`.
 */
export interface TouchWatch {
  watch(collection: number, roots: Iterable<string>): WatchedRoots;
}

export interface WatchedRoots {
  touched(root: string): boolean;
  close(): void;
}

/** What the engine keeps of documents and rows; read-only. */
export interface EngineState {
  /** Whether the collection has any dead letter now: where not, equal documents need not be looked up one by one. */
  hasLetters(collection: number): Promise<boolean>;
  /** Those of the roots that have a dead letter. */
  letters(collection: number, roots: readonly string[]): Promise<ReadonlySet<string>>;
  /** Which root owns each `_id`, in the order asked; undefined where nobody does. For collections with claims. */
  owners(collection: number, ids: readonly unknown[]): Promise<(string | undefined)[]>;
  /** Staged rows by key. */
  staged(table: number, keys: readonly string[]): Promise<StagedRow[]>;
  /** Staged rows by a join value kept in `k[join]`. */
  joined(table: number, join: string, values: readonly string[]): Promise<StagedRow[]>;
}

/** The write actor's hand, for a document that no root has ever made. */
export interface DocumentRemover {
  /**
   * Deletes the document in a transaction that reads it first and goes on only where its bytes are still these, and, in
   * a collection with claims, no root owns the `_id`. Resolves with whether it was deleted.
   */
  removeOrphan(collection: number, id: unknown, bytes: Uint8Array): Promise<boolean>;
}

export interface VerifyDeps extends SourceDocumentDeps {
  store: Pick<Store, 'read' | 'estimatedCount'>;
  control: CaptureControl;
  state: EngineState;
  /** Absent where the writers are other processes: then a difference must stand in several rounds. */
  touches?: TouchWatch;
  remover?: DocumentRemover;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}
