import { MillraceError } from '#errors';
import { type CompiledPlan, compilePlan } from '#mapping';
import { type Catalogue, type Finding, type Plan, qualifiedName, type SourceTable } from '#model';
import { SCHEMA_FINDINGS } from '#sources';
import type { JobDeps } from './job-deps.js';
import { JOB_ERRORS } from './job.codes.js';

/** The columns that tables had when the incarnation began, by the tables' own identity in the source. */
export type KnownColumns = Record<string, string[]>;

export interface Compiled {
  plan: Plan;
  warnings: Finding[];
  /** Of the plan's tables: all that the plan was made against. */
  knownColumns: KnownColumns;
}

function columnsOf(plan: Plan, { tables }: Catalogue): KnownColumns {
  const mapped = tables.filter((table) => plan.tables.some(({ sourceId }) => sourceId === table.sourceId));
  return Object.fromEntries(mapped.map((table) => [table.sourceId, table.columns.map(({ name }) => name)]));
}

/**
 * The plan of a job file. Of a job that goes on, a column added since is left out with a warning; unless the file names
 * it: then the mapping has changed, and the plan shows it.
 */
export function compileFor(
  deps: Pick<JobDeps, 'jobFile' | 'positions'>,
  catalogue: Catalogue,
  known: KnownColumns | undefined,
): Compiled {
  const { reduced, added } = withoutAdded(catalogue, known ?? {});
  const compile = (of: Catalogue): CompiledPlan => compilePlan(deps.jobFile, of, deps.positions);
  const first = compile(reduced);
  if (first.problems === undefined) {
    const mapped = new Set(first.plan.tables.map(({ sourceId }) => sourceId));
    const told = added.filter(({ sourceId }) => mapped.has(sourceId)).map(({ finding }) => finding);
    return { plan: first.plan, warnings: [...first.warnings, ...told], knownColumns: columnsOf(first.plan, reduced) };
  }
  const whole = added.length === 0 ? first : compile(catalogue);
  if (whole.problems === undefined) {
    return { plan: whole.plan, warnings: whole.warnings, knownColumns: columnsOf(whole.plan, catalogue) };
  }
  const count = whole.problems.length === 1 ? 'a mistake' : `${whole.problems.length} mistakes`;
  const context = { problems: whole.problems };
  throw new MillraceError(JOB_ERRORS.JOB_FILE_INVALID, `the job file has ${count}`, { context });
}

function withoutAdded(catalogue: Catalogue, known: KnownColumns) {
  const added: { sourceId: string; finding: Finding }[] = [];
  const tables = catalogue.tables.map((table) => {
    const names = known[table.sourceId];
    if (names === undefined) return table;
    const columns = table.columns.filter(({ name }) => names.includes(name));
    for (const { name } of table.columns) {
      if (!names.includes(name)) added.push({ sourceId: table.sourceId, finding: addedFinding(table, name) });
    }
    return { ...table, columns };
  });
  return { reduced: { ...catalogue, tables }, added };
}

function addedFinding(table: SourceTable, column: string): Finding {
  const { code, cause, remedy } = SCHEMA_FINDINGS.COLUMN_ADDED;
  return { severity: 'warning', code, object: `${qualifiedName(table)}.${column}`, message: cause, fix: remedy };
}
