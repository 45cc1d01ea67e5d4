import type { StagedRow } from '#model';

/** A staged row and what is embedded in it: `children[i]` are the rows at the i-th of its node's children, in any order. */
export interface RowTree {
  row: StagedRow;
  children: RowTree[][];
}

/**
 * - `document`: write it. With field names that a plain object cannot keep in order it is a `Map`, which js-bson writes
 *   as a document (its `_id` is then also a property of it).
 * - `absent`: the root's `where` is false, or the root is gone: there is no document.
 * - `waiting`: a row in use lacks a column whose re-read is under way; nothing is written.
 * - `refused`: a dead letter. `path` is the field's, `key` the row's canonical key; the message holds no value.
 */
export type Assembled =
  | { kind: 'document'; id: unknown; document: Record<string, unknown> }
  | { kind: 'absent' }
  | { kind: 'waiting' }
  | Refused;

export interface Refused {
  kind: 'refused';
  code: string;
  message: string;
  path: string;
  key: string;
}
