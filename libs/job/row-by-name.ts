import { recordOf } from '#extended-json';
import { type TablePlan, type Tuple, unpackTuple } from '#model';

/** A row as the stage has it, by the names of its columns. */
export function rowByName({ columns }: Pick<TablePlan, 'columns'>, tuple: Tuple): Record<string, string | null> {
  const values = unpackTuple(tuple);
  return recordOf(columns.map(({ name }, i) => [name, values[i] ?? null])) as Record<string, string | null>;
}
