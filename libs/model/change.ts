import type { Position } from './position.js';
import type { Tuple } from './tuple.js';

/** A change of one row, as the capture decodes it. `key` is the canonical key; `missing` are columns that the log left out. */
export interface RowChange {
  op: 'upsert' | 'delete';
  table: number;
  key: string;
  at: Position;
  /** Columns of the table's plan; missing ones stand as NULL in it. Empty for a delete. */
  tuple: Tuple;
  missing?: number[];
  /** The insert half of a change of key: what is missing must come from a re-read, not from the stage or the load. */
  keyChanged?: true;
  /** The transaction, as the source tells visibility by (PostgreSQL: the full 64-bit transaction id, decimal). */
  transaction: string;
}

/** All rows of a table below `at` are gone. */
export interface TruncateChange {
  op: 'truncate';
  table: number;
  at: Position;
}
