import { equalityFamily, qualifiedName, type SourceColumn, type SourceKey, type SourceTable } from '#model';
import { suggestion } from '../job-file/did-you-mean.js';
import type { Path } from '../job-file/problem.js';
import type { Report } from './report.js';

/** A table in the making of a plan. Columns are indexes into the catalogue's list until the plan numbers those in use. */
export class TableUse {
  readonly label: string;
  /** The key that rows are known by; undefined where there is none that can serve. */
  readonly key: SourceKey | undefined;
  /** What `_id` is made of where the file does not say: the primary key, or the only key there is. */
  readonly idKey: SourceKey | undefined;
  readonly used = new Set<number>();
  hasExpressions = false;

  constructor(
    readonly source: SourceTable,
    readonly index: number,
  ) {
    this.label = qualifiedName(source);
    const usable = source.keys.filter((key) => !key.deferrable && keyFaults(source, key).length === 0);
    this.key = usable[0];
    this.idKey = usable.find((key) => key.primary) ?? usable[0];
    for (const column of this.keyColumns) this.used.add(column);
  }

  get keyColumns(): number[] {
    return (this.key?.columns ?? []).map((name) => this.indexOf(name));
  }

  column(index: number): SourceColumn {
    return this.source.columns[index] as SourceColumn;
  }

  indexOf(name: string): number {
    return this.source.columns.findIndex((column) => column.name === name);
  }

  use(columns: Iterable<number>): void {
    for (const column of columns) this.used.add(column);
  }

  /** Expressions may read any column, so all of them are kept; generated ones are in no log. */
  useAll(): void {
    this.hasExpressions = true;
    this.source.columns.forEach((column, index) => {
      if (!column.generated) this.used.add(index);
    });
  }

  /** The column that the job file names at `path`; a problem and undefined where it cannot be used. */
  find(name: string, path: Path, at: 'key' | 'value', report: Report): number | undefined {
    const index = this.indexOf(name);
    if (index >= 0 && !this.column(index).generated) return index;
    const [code, message] =
      index < 0
        ? ([
            'UNKNOWN_COLUMN',
            `${this.label} has no column ${name}${suggestion(
              name,
              this.source.columns.map((c) => c.name),
            )}`,
          ] as const)
        : ([
            'COLUMN_IS_GENERATED',
            `${this.label}.${name} is a generated column, which the source's log does not have: compute it by \`computed\`, or use the columns that it is made of`,
          ] as const);
    if (at === 'key') report.atKey(path, code, message);
    else report.atValue(path, code, message);
    return undefined;
  }
}

/** Why the key cannot be rebuilt outside the source, by column. */
export function keyFaults(table: SourceTable, key: SourceKey): string[] {
  return key.columns.flatMap((name) => {
    const column = table.columns.find((c) => c.name === name);
    if (!column) return [`${name} is not in the catalogue`];
    if (column.generated) return [`${name} is generated`];
    if (column.notComparable !== undefined) return [`${name}: ${column.notComparable}`];
    return equalityFamily(column.type) === null
      ? [`values of ${name} (${column.type.name}) have no exact equality`]
      : [];
  });
}
