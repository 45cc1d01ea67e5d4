import type { Catalogue, Finding, Plan } from '#model';
import type { Positions } from '../job-file/positions.js';
import type { Problem } from '../job-file/problem.js';
import type { JobFile } from '../job-file/schema.js';
import { NodeCompiler } from './node-compiler.js';
import { numberedId, numberedNode, TableNumbering } from './numbering.js';
import { planHash } from './plan-hash.js';
import { Report } from './report.js';

export type CompiledPlan =
  | { plan: Plan; warnings: Finding[]; problems?: undefined }
  | { problems: Problem[]; plan?: undefined };

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
