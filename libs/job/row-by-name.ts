import { recordOf } from '#extended-json';
import { type TablePlan, type Tuple, unpackTuple } from '#model';

type ByName = Record<string, string | null>;

/** A row as the stage has it, by the names of its columns. */
export const rowByName = ({ columns }: Pick<TablePlan, 'columns'>, tuple: Tuple): ByName =>
  named(columns, unpackTuple(tuple));

/** Its key alone. */
export function keyByName({ columns, key }: Pick<TablePlan, 'columns' | 'key'>, tuple: Tuple): ByName {
  const values = unpackTuple(tuple);
  return named(
    key.map((index) => columns[index] as { name: string }),
    key.map((index) => values[index] ?? null),
  );
}

const named = (columns: readonly { name: string }[], values: readonly (string | null)[]): ByName =>
  recordOf(columns.map(({ name }, i) => [name, values[i] ?? null])) as ByName;
