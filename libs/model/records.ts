import type { RowChange, TruncateChange } from './change.js';
import type { Position } from './position.js';
import type { Tuple } from './tuple.js';

/** What travels on the topic `rows`, keyed by table and key. All records of one row are in one partition, in order. */
export type RowsRecord =
  /** Rows of a chunk, at the lowest position; `keys[i]` belongs to `tuples[i]`. */
  | { kind: 'load'; table: number; keys: string[]; tuples: Tuple[]; bytes: number }
  /** `committedAtMs`: when the oldest of them was committed on the source, where it is known. */
  | { kind: 'changes'; changes: RowChange[]; committedAtMs?: number; bytes: number }
  /** To every partition: the table's rows below its position are gone. */
  | { kind: 'truncate'; change: TruncateChange; bytes: number }
  /** To every partition: all rows of the load are before it. */
  | { kind: 'barrier'; bytes: number }
  /** Values of missing columns, read again; takes effect only while the same `since` is missing. */
  | { kind: 'fill'; table: number; key: string; since: Position; columns: number[]; values: Tuple; bytes: number }
  /** A row read again for repair, as of the marker at `at`; null: the source has no such row. */
  | { kind: 'repair'; table: number; key: string; at: Position; tuple: Tuple | null; bytes: number }
  /** An operator's correction of named columns; it holds while the row stands as the change at `at` left it. */
  | { kind: 'edit'; table: number; key: string; at: Position; columns: Record<string, string | null>; bytes: number }
  /** All documents with this row are to show its correction. */
  | { kind: 'touch'; table: number; key: string; bytes: number };

/** What travels on the topic `touches`, keyed by collection and root key: "assemble these roots again". */
export interface TouchRecord {
  collection: number;
  roots: string[];
  /** `former`: a root of a former incarnation's stage; only for these does an absent root mean gone. */
  origin: 'change' | 'build' | 'former' | 'retry';
  /** The store's time when it was sent: what is read for it must be at least as new as what was staged before. */
  after?: string;
  /** With `change`: when the oldest change that asked for it was committed on the source, where it is known. */
  committedAtMs?: number;
  /** With `former`: the `_id` that each of the roots was written as. */
  ids?: unknown[];
  bytes: number;
}
