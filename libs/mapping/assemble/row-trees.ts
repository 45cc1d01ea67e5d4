import type { EdgePlan, NodePlan, StagedRow } from '#model';
import type { RowTree } from './assembled.js';

/** A tree of one row, to which the rows of its node's children are added. */
export function leaf(node: NodePlan, row: StagedRow): RowTree {
  return { row, children: node.children.map(() => []) };
}

/** Trees by the join value that rows of the edge's child have in common with them; null joins nothing. */
export function groupParents(edge: EdgePlan, parents: readonly RowTree[]): Map<string, RowTree[]> {
  const byValue = new Map<string, RowTree[]>();
  for (const parent of parents) {
    const value = edge.parent.name === null ? parent.row._id : parent.row.k?.[edge.parent.name];
    if (value === undefined) continue;
    const group = byValue.get(value);
    if (group) group.push(parent);
    else byValue.set(value, [parent]);
  }
  return byValue;
}
