import type { Evaluator } from '#mapping';
import type { ExpressionResults, NodePlan, Plan, StagedRow, TablePlan } from '#model';
import { unpackTuple } from '#model';
import { type IncarnationNames, type JoinValues, MAX_TUPLE_BYTES, RowMerge } from '#stage';
import type { CollectionRef } from '#store';

/** What the row actor needs to know of one table, made once. */
export interface StageTable {
  plan: TablePlan;
  collection: CollectionRef;
  merge: RowMerge;
  nodes: NodePlan[];
  /** Of `nodes`, those with expressions. */
  expressionNodes: NodePlan[];
}

export function stageTables(
  plan: Plan,
  names: IncarnationNames,
  joinValues: (table: TablePlan) => JoinValues,
): StageTable[] {
  return plan.tables.map((table) => {
    const nodes = table.nodes.map((id) => plan.nodes[id] as NodePlan);
    return {
      plan: table,
      collection: names.stage(table.index),
      merge: new RowMerge(table, joinValues(table)),
      nodes,
      expressionNodes: nodes.filter((node) => node.expressions.length > 0),
    };
  });
}

/**
 * Puts the results of the table's expressions into rows that were merged and have all their columns. A row with missing or
 * without columns gets none: no document with it is written before they are there.
 */
export function evaluateRows(table: StageTable, rows: readonly StagedRow[], evaluator: Evaluator): void {
  if (table.expressionNodes.length === 0) return;
  const whole = rows.filter((row) => row.c !== undefined && row.missing === undefined && !row.gone);
  if (whole.length === 0) return;
  const values = whole.map((row) => correctedValues(table.plan, row));
  for (const node of table.expressionNodes) {
    const results = evaluator.evaluate(node.id, values);
    whole.forEach((row, i) => {
      row.x = { ...row.x, [String(node.id)]: results[i] as ExpressionResults };
    });
  }
  for (const row of whole) if (isTooLarge(row)) table.merge.withoutColumns(row);
}

/** With the results of its expressions. Bytes are counted only where there can be so many. */
function isTooLarge(row: StagedRow): boolean {
  const texts = [row.c as string];
  for (const results of Object.values(row.x ?? {}))
    for (const result of results) texts.push('v' in result ? String(result.v) : result.error);
  let length = 0;
  for (const text of texts) length += text.length;
  if (length <= MAX_TUPLE_BYTES / 4) return false;
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) > MAX_TUPLE_BYTES;
}

function correctedValues(table: TablePlan, row: StagedRow): (string | null)[] {
  const values = unpackTuple(row.c as string);
  if (row.edit !== undefined && row.edit.at === row.at) {
    for (const [name, text] of Object.entries(row.edit.columns)) {
      const column = table.columns.findIndex((candidate) => candidate.name === name);
      if (column >= 0) values[column] = text;
    }
  }
  return values;
}
