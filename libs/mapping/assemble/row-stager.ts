import { canonicalizer, fieldsOf, type Canonicalize, type Plan, type TablePlan, type Tuple } from '#model';

export interface RowStager {
  /** `StagedRow.k` of a row's values; undefined where the row joins nothing. */
  ofValues(values: readonly (string | null)[]): Record<string, string> | undefined;
  /** The same of a packed tuple, reading no other columns than it needs. */
  ofTuple(tuple: Tuple): Record<string, string> | undefined;
}

interface Join {
  name: string;
  whole: Canonicalize;
  packed: Canonicalize;
}

/** Canonical join values of one table's rows, made for every row that is staged. */
export function compileRowStager(plan: Plan, table: number): RowStager {
  const { columns, joins } = plan.tables[table] as TablePlan;
  const types = columns.map((column) => column.type);
  const needed = [...new Set(joins.flatMap((join) => join.columns))].sort((a, b) => a - b);
  const neededTypes = needed.map((column) => types[column] as (typeof types)[number]);
  const compiled: Join[] = joins.map((join) => ({
    name: join.name,
    whole: canonicalizer(types, join.columns),
    packed: canonicalizer(
      neededTypes,
      join.columns.map((column) => needed.indexOf(column)),
    ),
  }));
  if (compiled.length === 0) return { ofValues: () => undefined, ofTuple: () => undefined };
  return {
    ofValues: (values) => joinValues(compiled, values, false),
    ofTuple: (tuple) => joinValues(compiled, fieldsOf(tuple, needed), true),
  };
}

function joinValues(
  joins: readonly Join[],
  values: readonly (string | null)[],
  packed: boolean,
): Record<string, string> | undefined {
  let k: Record<string, string> | undefined;
  for (let i = 0; i < joins.length; i++) {
    const join = joins[i] as Join;
    const value = packed ? join.packed(values) : join.whole(values);
    if (value === undefined) continue;
    k ??= {};
    k[join.name] = value;
  }
  return k;
}
