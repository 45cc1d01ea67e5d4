import { unpackTuple } from '#model';
import { fieldOf, type Stored } from '../store/index.js';
import type { ModelRow } from '../workload/index.js';

/** A table that the job stages, with the columns that it keeps, in their order. */
export interface StagedTable {
  index: number;
  name: string;
  columns: readonly string[];
}

/** What the source and the stage have of a table: by canonical key the one, document by document the other. */
export interface BothSides {
  sourceRows(table: StagedTable): ReadonlyMap<string, ModelRow>;
  staged(table: StagedTable): readonly Stored[];
}

/**
 * Law 7 at rest: rows read = rows staged or superseded. The staged rows that are not gone are exactly the source's rows, with its
 * values in all columns that the stage keeps, and none of them missing.
 */
export function stageDifferences(tables: readonly StagedTable[], sides: BothSides): string[] {
  return tables.flatMap((table) => differencesOf(table, sides.sourceRows(table), sides.staged(table)));
}

function differencesOf(table: StagedTable, rows: ReadonlyMap<string, ModelRow>, staged: readonly Stored[]): string[] {
  const found: string[] = [];
  const present = new Set<string>();
  for (const document of staged) {
    const key = String(fieldOf(document, '_id'));
    present.add(key);
    const problem = problemOf(table, rows.get(key), document);
    if (problem !== undefined) found.push(`${table.name} ${key} ${problem}`);
  }
  for (const key of rows.keys()) if (!present.has(key)) found.push(`${table.name} ${key} was never staged`);
  return found;
}

function problemOf({ columns }: StagedTable, row: ModelRow | undefined, document: Stored): string | undefined {
  const isGone = fieldOf(document, 'gone') === true;
  if (isGone && row !== undefined) return 'is gone on the stage, and the source has it';
  if (isGone) return undefined;
  if (row === undefined) return 'is staged, and the source has no such row';
  if (fieldOf(document, 'missing') !== undefined) return 'has missing columns';
  const tuple = fieldOf(document, 'c');
  if (typeof tuple !== 'string') return 'has no columns';
  const values = unpackTuple(tuple);
  const should = columns.map((name) => row[name] ?? null);
  if (should.length === values.length && should.every((value, i) => value === values[i])) return undefined;
  return `should be ${JSON.stringify(should)}, and is staged as ${JSON.stringify(values)}`;
}
