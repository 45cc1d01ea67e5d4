import type { Catalogue, Finding, NodePlan, Plan } from '#model';
import type { Problem } from '../job-file/problem.js';
import { readJobFile } from '../job-file/read-job-file.js';
import { compilePlan } from '../plan/compile-plan.js';
import { shopCatalogue } from './shop-catalogue.js';

/** For specs: a job file with these collections (YAML, not indented), compiled. Its first line is line 1 of the file. */
export function compileYaml(
  yaml: string,
  options: { catalogue?: Catalogue; head?: string } = {},
): { plan?: Plan; warnings: Finding[]; problems: Problem[] } {
  const collections = `collections:\n${yaml.replace(/^/gm, '  ')}\n`;
  const head = `job: shop\nsource: { kind: postgres, uri: "postgres://h/d" }\ntarget: { uri: "mongodb://h", database: shop }\n${options.head ?? ''}`;
  const read = readJobFile(collections + head, { fileName: 'shop.yaml', env: {}, readSecretFile: () => '' });
  if (read.problems) return { warnings: [], problems: read.problems };
  const compiled = compilePlan(read.jobFile, options.catalogue ?? shopCatalogue(), read.positions);
  return compiled.problems
    ? { warnings: [], problems: compiled.problems }
    : { plan: compiled.plan, warnings: compiled.warnings, problems: [] };
}

export function planOf(yaml: string, options: { catalogue?: Catalogue; head?: string } = {}): Plan {
  const { plan, problems } = compileYaml(yaml, options);
  if (!plan) throw new Error(problems.map((p) => `${p.line}:${p.column} ${p.message}`).join('\n'));
  return plan;
}

/** `line:column path CODE`, the line counted in the collections. */
export function problemsOf(yaml: string, options: { catalogue?: Catalogue; head?: string } = {}): string[] {
  return compileYaml(yaml, options).problems.map(
    (p) => `${p.line - 1}:${p.column - 2} ${p.path.replace('collections.', '')} ${p.code}`,
  );
}

export function messagesOf(yaml: string, options: { catalogue?: Catalogue; head?: string } = {}): string[] {
  return compileYaml(yaml, options).problems.map((p) => p.message);
}

/** A node by its path, with columns by their names. */
export function nodeOf(
  plan: Plan,
  path: string,
): NodePlan & { fieldNames: string[]; columnsOf: (columns: readonly number[]) => string[] } {
  const node = plan.nodes.find((n) => n.path === path);
  if (!node) throw new Error(`no node ${path}`);
  const table = plan.tables[node.table] as Plan['tables'][number];
  return {
    ...node,
    fieldNames: [...node.fields, ...node.computed].map((field) => field.name),
    columnsOf: (columns) => columns.map((column) => table.columns[column]?.name ?? '?'),
  };
}
