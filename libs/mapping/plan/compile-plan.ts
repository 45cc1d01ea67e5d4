import type { Catalogue, Finding, Plan } from '#model';
import type { Positions } from '../job-file/positions.js';
import type { Problem } from '../job-file/problem.js';
import type { PartialMapping } from '../job-file/read-job-file.js';
import type { JobFile } from '../job-file/schema.js';
import type { JobFileCode } from '../mapping.codes.js';
import { NodeCompiler } from './node-compiler.js';
import { numberedId, numberedNode, TableNumbering } from './numbering.js';
import { planHash } from './plan-hash.js';
import { Report } from './report.js';

export type CompiledPlan =
  | { plan: Plan; warnings: Finding[]; problems?: undefined }
  | { problems: Problem[]; plan?: undefined; warnings?: undefined };

/**
 * Resolves a job file against a catalogue: the plan, with findings for `check` (a table without key is a blocker among
 * them, not a mistake of the file), or every mistake of the file at once, where it stands.
 */
export function compilePlan(jobFile: JobFile, catalogue: Catalogue, positions: Positions): CompiledPlan {
  const report = new Report(positions);
  const compiler = new NodeCompiler(jobFile, catalogue, report);
  compiler.compile();
  if (report.failed) return { problems: report.problems };
  return { plan: assemblePlan(jobFile, compiler), warnings: report.findings };
}

/** Mistakes that no other mistake of the file can be the cause of. */
const INDEPENDENT: ReadonlySet<string> = new Set<JobFileCode>([
  'UNKNOWN_TABLE',
  'AMBIGUOUS_TABLE',
  'NOT_A_TABLE',
  'UNKNOWN_COLUMN',
  'COLUMN_IS_GENERATED',
  'ON_NOT_COMPARABLE',
  'TYPE_IMPOSSIBLE',
  'SORT_IMPOSSIBLE',
  'EXPRESSION_SYNTAX',
]);

/** Names that may be computed fields, whose definition may be among the faulty parts. */
const MAY_BE_COMPUTED = /\.types\.[^.]*$|\.value$/;

/** Of a job file that is refused already (`ReadJobFile.partial`): what the catalogue has against the rest of it. */
export function furtherProblems(partial: PartialMapping, catalogue: Catalogue): Problem[] {
  const { problems = [] } = compilePlan(partial.jobFile, catalogue, partial.positions);
  return problems.filter((problem) =>
    INDEPENDENT.has(problem.code) ? !MAY_BE_COMPUTED.test(problem.path) : standsAlone(problem, partial.faults),
  );
}

const PART = String.raw`(?:\.[^\s.[\]"']+|\["(?:[^"\\]|\\.)*"\])`;
const EMBED_AT_END = new RegExp(String.raw`\.embed${PART}$`);
const NODE = new RegExp(String.raw`^collections${PART}(?:\.embed${PART})*`);
/** Faults that change no name and no join. */
const WITHOUT_CONSEQUENCE = /\.(?:where|sort|limit)(?:\[\d+\])?$/;

/** A missing `on` or a name given twice, where no fault of the same node, or of one inside it, may be the cause. */
function standsAlone({ code, path }: Problem, faults: readonly string[]): boolean {
  const dependent: readonly string[] = ['ON_NOT_INFERRED', 'FIELD_TWICE'] satisfies JobFileCode[];
  if (!dependent.includes(code)) return false;
  const node = NODE.exec(code === 'FIELD_TWICE' ? path.replace(EMBED_AT_END, '') : path)?.[0];
  const within = (fault: string): boolean =>
    fault === node || fault.startsWith(`${node}.`) || fault.startsWith(`${node}[`);
  return !faults.some((fault) => fault.startsWith('defaults') || (within(fault) && !WITHOUT_CONSEQUENCE.test(fault)));
}

function assemblePlan(jobFile: JobFile, { tables, nodes, collections }: NodeCompiler): Plan {
  const numberings = tables.map((table) => new TableNumbering(table));
  const numbered = nodes.map((draft) => numberedNode(draft, numberings));
  const body = {
    mode: jobFile.mode,
    target: { database: jobFile.target.database },
    tables: numberings.map((numbering) => numbering.plan(nodes)),
    collections: collections.map((collection) => {
      const root = numbered[collection.root] as (typeof numbered)[number];
      return { ...collection, id: numberedId(collection.id, numberings[root.table] as TableNumbering) };
    }),
    nodes: numbered,
  };
  return { job: jobFile.job, hash: planHash(body), ...body };
}
