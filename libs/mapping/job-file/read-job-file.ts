import type { Variables } from './interpolate.js';
import { problemsOf } from './issues.js';
import { parseText, type ParsedText } from './parse-text.js';
import type { Positions } from './positions.js';
import { formatPath, type Problem, sortProblems } from './problem.js';
import { ruleProblems } from './rules.js';
import { type JobFile, jobFileSchema } from './schema.js';
import { withoutFaults } from './without-faults.js';
import { concealUri, Secrets } from './secrets.js';

export interface ReadJobFileOptions extends Variables {
  /** For messages. */
  fileName: string;
}

export interface ReadMapping {
  /** Holds URIs; it prints itself without them. */
  jobFile: JobFile;
  positions: Positions;
  secrets: Secrets;
}

/** What is left of a faulty file. */
export interface PartialMapping extends ReadMapping {
  /** The paths of what was found already; the values there may have been left out. */
  faults: string[];
}

export type ReadJobFile =
  | (ReadMapping & { problems?: undefined })
  /** `partial`: what is left without the faulty parts, where that can still be checked against the source. */
  | { problems: Problem[]; partial?: PartialMapping; jobFile?: undefined };

/** Reads a job file, YAML or JSON: all of its mistakes at once, or what it says with every default filled in. */
export function readJobFile(text: string, options: ReadJobFileOptions): ReadJobFile {
  const parsed = parseText(text, options.fileName, options);
  const { data, positions } = parsed;
  if (data === undefined) return { problems: sortProblems(parsed.problems) };
  const result = jobFileSchema.safeParse(data ?? {});
  const grammar = result.success ? [] : problemsOf(result.error.issues, data, positions);
  const found = [...grammar, ...ruleProblems(data, positions)].filter((problem) => !isKnown(problem, parsed, data));
  const problems = sortProblems([...parsed.problems, ...found]);
  if (result.success && problems.length === 0) return reading(result.data, parsed);
  const faultySource = problems.some(
    (problem) => problem.path === '' || problem.path === 'source' || problem.path.startsWith('source.'),
  );
  const rest = faultySource ? undefined : withoutFaults(data);
  const faults = problems.map(({ path }) => path);
  return { problems, ...(rest ? { partial: { ...reading(rest, parsed), faults } } : {}) };
}

function reading(jobFile: JobFile, parsed: ParsedText): ReadMapping {
  const secrets = new Secrets([jobFile.source.uri, jobFile.target.uri], parsed.secrets);
  concealUri(jobFile.source);
  concealUri(jobFile.target);
  return { jobFile, positions: parsed.positions, secrets };
}

/** Of a value that could not be made (an unset variable), and of a source whose kind is not there, nothing more is said. */
function isKnown(problem: Problem, parsed: ParsedText, data: unknown): boolean {
  for (const failed of parsed.failed)
    if (formatPath(JSON.parse(failed) as (string | number)[]) === problem.path) return true;
  const kind = (data as { source?: { kind?: unknown } } | null)?.source?.kind;
  const lacking = kind === 'mysql' || kind === 'mariadb' || kind === 'debezium';
  return lacking && problem.path.startsWith('source.') && problem.path !== 'source.kind';
}
