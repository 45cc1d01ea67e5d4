import { packTuple, type TablePlan } from '#model';
import type { LoadedRows } from '#sources';
import { keyCanonicalizer } from '../../../../libs/sources/postgres/relation.js';
import type { SimTable, Values } from '../server/table.js';

/** Rows of the server as rows of a plan, with its columns and its canonical keys. */
export function loadedRows(table: SimTable, plan: TablePlan, rows: readonly Values[]): LoadedRows {
  const columns = planColumns(table, plan);
  const canonical = keyCanonicalizer(plan);
  const loaded: LoadedRows = { keys: [], tuples: [], bytes: 0 };
  for (const row of rows) {
    const values = columns.map((column) => row[column] ?? null);
    const tuple = packTuple(values);
    loaded.keys.push(canonical(plan.key.map((column) => values[column] ?? null)) ?? '');
    loaded.tuples.push(tuple);
    loaded.bytes += 2 * tuple.length;
  }
  return loaded;
}

/** For each column of the plan, its place in the table. */
export function planColumns(table: SimTable, plan: TablePlan): number[] {
  return plan.columns.map(({ name }) => table.named(name));
}

/** Whether a row's key is above `after` and not above `upTo`. */
export function rangeOf(
  table: SimTable,
  after: readonly (string | null)[] | null,
  upTo: readonly (string | null)[] | null = null,
): (row: Values) => boolean {
  return (row) => {
    const key = table.keyValues(row);
    return (!after || table.compareKeys(key, after) > 0) && (!upTo || table.compareKeys(key, upTo) <= 0);
  };
}
