import type { ExpressionResults } from '#model';

/** Evaluates all expressions of a node on rows (their columns as text, in the plan's order), a batch at a time. */
export interface Evaluator {
  evaluate(node: number, rows: readonly (readonly (string | null)[])[]): ExpressionResults[];
}
