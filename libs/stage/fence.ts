import type { Position } from '#model';
import type { Doc } from '#store';

/** The fence of a partition of `rows`: every batch is one transaction that reads it and increments `n`. */
export interface RowsFence extends Doc {
  _id: string;
  n: number;
  /** The highest captured position staged: a captured change at or below it is a repeat. */
  position: Position;
  /** By table: loaded rows are dropped from here on, since a TRUNCATE came. */
  floors: Record<string, Position>;
  /** All rows of the load are before this point; loaded rows are repeats from now on. */
  barrier: boolean;
  /** What rows led to before their last change of join values, until touches that include it have resolved. */
  former: FormerEntry[];
}

export interface FormerEntry {
  table: number;
  key: string;
  /** The change's position: an entry leaves by it, so that an equal newer one stays. */
  at: Position;
  k: Record<string, string>;
}

/** The fence of a partition of `touches`. */
export interface TouchesFence extends Doc {
  _id: string;
  n: number;
  /** How many letters roots of this partition have: at 0 nobody looks for one. */
  letters: number;
}

export function newRowsFence(id: string): RowsFence {
  return { _id: id, n: 0, position: '', floors: {}, barrier: false, former: [] };
}

export function newTouchesFence(id: string): TouchesFence {
  return { _id: id, n: 0, letters: 0 };
}
