import type { Catalogue, ColumnPlan, Plan, SourceTable, TablePlan } from '#model';
import { qualifiedName } from '#model';

/** A plan without collections, of whole tables: all that a source needs to know of one. */
export function planOfTables(
  catalogue: Catalogue,
  job: string,
  names: readonly string[],
  mode: Plan['mode'] = 'continuous',
): Plan {
  const tables = names.map((name, index) => planOfTable(tableNamed(catalogue, name), index));
  return { job, mode, target: { database: 'unused' }, hash: 'test', tables, collections: [], nodes: [] };
}

function planOfTable(table: SourceTable, index: number): TablePlan {
  const columns: ColumnPlan[] = table.columns
    .filter((column) => !column.generated)
    .map(({ name, type, nullable, number }) => ({ name, type, nullable, ...(number !== undefined && { number }) }));
  const key = (table.keys[0]?.columns ?? []).map((name) => columns.findIndex((column) => column.name === name));
  return {
    index,
    sourceId: table.sourceId,
    schema: table.schema,
    name: table.name,
    columns,
    key,
    joins: [],
    nodes: [],
    hasExpressions: false,
  };
}

function tableNamed(catalogue: Catalogue, name: string): SourceTable {
  const table = catalogue.tables.find((candidate) => qualifiedName(candidate) === name);
  if (!table) throw new Error(`the catalogue has no table ${name}`);
  return table;
}
