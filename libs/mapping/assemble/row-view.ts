import { type StagedRow, type TablePlan, unpackTuple } from '#model';
import type { RowTree } from './assembled.js';

export type Values = readonly (string | null)[];

/** A row with its columns unpacked. */
export interface RowView {
  tree: RowTree;
  row: StagedRow;
  values: Values;
}

const NONE: Values = [];

/** Unpacks rows of one table; corrections by `edit` count as long as the row is still at the position they were made for. */
export class RowReader {
  private readonly indexes: Map<string, number>;

  constructor(table: TablePlan) {
    this.indexes = new Map(table.columns.map((column, index) => [column.name, index]));
  }

  view(tree: RowTree): RowView {
    const row = tree.row;
    const values = row.c === undefined ? NONE : unpackTuple(row.c);
    return { tree, row, values: row.edit === undefined ? values : this.edited(row, values) };
  }

  /**
   * Whether one of these columns is still to come, and no correction stands in for it. Null: what expressions need, which
   * are evaluated only on rows that lack nothing.
   */
  lacks(row: StagedRow, columns: ReadonlySet<number> | null): boolean {
    if (row.missing === undefined) return false;
    if (columns === null) return true;
    const edits = row.edit?.at === row.at ? row.edit.columns : undefined;
    for (const column of row.missing.columns) {
      if (!columns.has(column)) continue;
      if (edits === undefined || !this.isEdited(edits, column)) return true;
    }
    return false;
  }

  private isEdited(edits: Record<string, string | null>, column: number): boolean {
    for (const name of Object.keys(edits)) if (this.indexes.get(name) === column) return true;
    return false;
  }

  private edited(row: StagedRow, values: Values): Values {
    if (row.edit === undefined || row.edit.at !== row.at) return values;
    const corrected = [...values];
    for (const [name, text] of Object.entries(row.edit.columns)) {
      const index = this.indexes.get(name);
      if (index !== undefined) corrected[index] = text;
    }
    return corrected;
  }
}
