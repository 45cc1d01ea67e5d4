import { escapeIdentifier, escapeLiteral } from 'pg';
import type { ColumnPlan, TablePlan } from '#model';
import type { TableShape } from './table-shape.js';

export function columnList(
  table: TablePlan,
  columns: readonly number[] = table.columns.map((_, index) => index),
): string {
  return columns.map((index) => escapeIdentifier((table.columns[index] as ColumnPlan).name)).join(', ');
}

/**
 * The key compared as the source compares it, row-wise, which is how its index is ordered; collations are the columns'
 * own on both sides. No parameters: COPY takes none.
 */
export function keyCondition(
  table: TablePlan,
  shape: TableShape,
  operator: '>' | '<=',
  key: readonly (string | null)[],
): string {
  const values = table.key.map((column, i) => `${escapeLiteral(key[i] ?? '')}::${shape.castTypes[column]}`);
  const columns = columnList(table, table.key);
  return table.key.length === 1
    ? `${columns} ${operator} ${values[0]}`
    : `ROW(${columns}) ${operator} ROW(${values.join(', ')})`;
}

export function whereClause(conditions: readonly string[]): string {
  return conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
}
