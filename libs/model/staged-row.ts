import type { Position } from './position.js';
import type { Tuple } from './tuple.js';

/**
 * One row on the stage; the document in MongoDB has the same short names. `c` is lossless: the source's text. What users
 * see is made of it in `assemble`, and sorting uses it at full precision.
 */
export interface StagedRow {
  /** The canonical key. */
  _id: string;
  at: Position;
  /** The row is gone: no columns, kept for the incarnation's life, so that nothing older brings it back. */
  gone?: true;
  c?: Tuple;
  /** Canonical join values by `JoinPlan.name`; absent where a column is null. */
  k?: Record<string, string>;
  /** Results of expressions by node id. */
  x?: Record<string, ExpressionResults>;
  /** Why no document may contain this row (too large, for instance). */
  bad?: { code: string; message: string };
  missing?: MissingColumns;
  /** Corrections by `dead-letters edit`, by column name, of the row at the position `at`: a later change ends them. */
  edit?: { at: Position; columns: Record<string, string | null> };
}

/**
 * In the order of `NodePlan.expressions`; a failed one has its message, and is a dead letter where it is used. `v` is a
 * string whose first letter is the type (`n1.5` a number, `i5` a BigInt, `sx` a string …; all of them in `mapping`'s
 * `TaggedResult`): so a result survives the stage however BSON's numbers are read back.
 */
export type ExpressionResults = ({ v: unknown } | { error: string })[];

/** Columns that the log left out (unchanged TOAST) and that are known from nowhere yet: the capture reads them again. */
export interface MissingColumns {
  columns: number[];
  /** Of the change that left them out: a fill takes effect only while this is still so. */
  since: Position;
  /** They belong to another row by key: a loaded row must not fill them. */
  keyChanged?: true;
  /** The transaction of `since`: once it is visible, the source can be asked. */
  transaction: string;
}
