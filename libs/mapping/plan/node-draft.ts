import type { NodePlan } from '#model';
import type { TableUse } from './table-use.js';

/** A node on its way into the plan: columns are still indexes into the catalogue's list of the table. */
export interface NodeDraft {
  node: NodePlan;
  table: TableUse;
  parent: NodeDraft | null;
  on: OnPairs | null;
}

/** Pairs of an `on`: `child[i]` equals `parent[i]`. */
export interface OnPairs {
  child: number[];
  parent: number[];
}

/** The index of an expression among those of its node, added to them where it is new. */
export function addExpression(node: NodePlan, expression: string): number {
  const known = node.expressions.indexOf(expression);
  return known >= 0 ? known : node.expressions.push(expression) - 1;
}
