import type { NodePlan, TablePlan } from '#model';
import { isTruthy, type TaggedResult } from '../expressions/result.js';
import { type Comparator, comparator } from '../values/comparator.js';
import type { RowTree } from './assembled.js';
import type { Problems } from './problems.js';
import { RowReader, type RowView } from './row-view.js';

/**
 * Which rows of a node stand in the document, in which order: `where`, `sort` (ties by key), `limit`. A row whose place
 * cannot be told, because it is bad or lacks a column that decides, may be among them, and is a problem; one that is known
 * to be left out is none.
 */
export class Selection {
  readonly reader: RowReader;
  private readonly order: { column: number; compare: Comparator }[];
  private readonly sorting: ReadonlySet<number>;

  constructor(
    private readonly node: NodePlan,
    table: TablePlan,
  ) {
    this.reader = new RowReader(table);
    const typeOf = (column: number) => (table.columns[column] as TablePlan['columns'][number]).type;
    const keys = table.key.filter((column) => !node.sort.some((by) => by.column === column));
    this.order = [
      ...node.sort.map((by) => ({ column: by.column, compare: comparator(typeOf(by.column), by.descending) })),
      ...keys.map((column) => ({ column, compare: comparator(typeOf(column), false) })),
    ];
    this.sorting = new Set(this.order.map((by) => by.column));
  }

  select(rows: readonly RowTree[], problems: Problems): RowView[] {
    const views: RowView[] = [];
    for (let i = 0; i < rows.length; i++) {
      const tree = rows[i] as RowTree;
      if (tree.row.gone !== true && this.matches(tree, problems)) views.push(this.reader.view(tree));
    }
    if (views.length < 2 || this.node.kind !== 'many') return views;
    const { limit } = this.node;
    if (limit !== null && !this.placesKnown(views, problems)) return [];
    views.sort((a, b) => this.compare(a, b));
    if (limit !== null && views.length > limit) views.length = limit;
    return views;
  }

  /** Of `where`; false also where it cannot be told, which is noted as a problem. */
  matches(tree: RowTree, problems: Problems): boolean {
    const { where, id } = this.node;
    if (where === null) return true;
    const { row } = tree;
    const result = row.x?.[id]?.[where];
    if (this.reader.lacks(row, null) && row.bad === undefined) problems.wait();
    else if (result !== undefined && 'v' in result) return isTruthy(result.v as TaggedResult);
    else if (row.bad !== undefined) problems.bad(this.node.path, row);
    else problems.expression(this.node.path, 'where', row, result);
    return false;
  }

  private placesKnown(views: readonly RowView[], problems: Problems): boolean {
    let known = true;
    for (const { row } of views) {
      if (row.bad !== undefined && row.c === undefined) problems.bad(this.node.path, row);
      else if (this.reader.lacks(row, this.sorting)) problems.wait();
      else continue;
      known = false;
    }
    return known;
  }

  private compare(a: RowView, b: RowView): number {
    for (let i = 0; i < this.order.length; i++) {
      const { column, compare } = this.order[i] as (typeof this.order)[number];
      const result = compare(a.values[column] ?? null, b.values[column] ?? null);
      if (result !== 0) return result;
    }
    return a.row._id < b.row._id ? -1 : a.row._id > b.row._id ? 1 : 0;
  }
}
