import type { z } from 'zod';
import type { JobFileCode } from '../mapping.codes.js';
import { SIZE_PATTERN } from './byte-size.js';
import { didYouMean } from './did-you-mean.js';
import type { Positions } from './positions.js';
import { formatPath, type Path, type Problem } from './problem.js';
import { JOB_NAME, WHOLE_NUMBER } from './schema.js';
import { keysAt } from './schema-keys.js';

type Issue = z.core.$ZodIssue;

/** What zod found, in the words of a job file. Values are shown as the file has them, never as variables made them. */
export function problemsOf(issues: readonly Issue[], data: unknown, positions: Positions): Problem[] {
  return issues.flatMap((issue) => flatten(issue)).flatMap((issue) => problemOf(issue, data, positions));
}

interface FlatIssue {
  issue: Issue;
  path: Path;
  /** What a union would take, where no branch fits. */
  expected?: string[];
}

/** Of a union, the complaints of the branch that the value was meant for: the one whose kind it has. */
export function flatten(issue: Issue, base: Path = []): FlatIssue[] {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  const meant = issue.errors.find((branch) => !branch.some((e) => e.code === 'invalid_type' && e.path.length === 0));
  if (meant) return meant.flatMap((inner) => flatten(inner, path));
  const expected = issue.errors
    .flat()
    .flatMap((e) => (e.code === 'invalid_type' ? [KINDS[e.expected] ?? e.expected] : []));
  return [{ issue, path, expected: [...new Set(expected)] }];
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function problemOf({ issue, path, expected }: FlatIssue, data: unknown, positions: Positions): Problem[] {
  const at = (code: JobFileCode, where: Path, place: { line: number; column: number }, message: string): Problem => ({
    file: positions.file,
    ...place,
    path: formatPath(where),
    code,
    message,
  });
  const name = path.length === 0 ? 'the job file' : `\`${String(path.at(-1))}\``;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      at('JOB_FILE_UNKNOWN_KEY', [...path, key], positions.ofKey([...path, key]), unknownKey(key, path)),
    );
  }
  if (path.length > 0 && valueAt(data, path) === undefined) {
    const misspelt = Object.keys((valueAt(data, path.slice(0, -1)) ?? {}) as object).some((key) => isMeant(key, path));
    return misspelt ? [] : [at('JOB_FILE_MISSING_KEY', path, positions.ofKey(path), missingKey(path))];
  }
  const value = shown(valueAt(data, path), positions.written(path));
  const message = `${name} ${complaint(issue, expected)}${value}`;
  return [at('JOB_FILE_INVALID_VALUE', path, positions.ofValue(path), message)];
}

/** A misspelt key is one mistake, not also a missing one. */
function isMeant(key: string, missing: Path): boolean {
  const known = keysAt(missing.slice(0, -1));
  return !known.includes(key) && didYouMean(key, known) === missing.at(-1);
}

function unknownKey(key: string, path: Path): string {
  const known = keysAt(path);
  const guess = didYouMean(key, known);
  const place = path.length === 0 ? 'a job file' : `\`${String(path.at(-1))}\``;
  return `${place} has no key \`${key}\`: ${guess ? `did you mean \`${guess}\`?` : `it can have ${known.join(', ')}`}`;
}

function missingKey(path: Path): string {
  const key = String(path.at(-1));
  const place = path.length === 1 ? 'the job file' : `\`${String(path.at(-2))}\``;
  return `\`${key}\` is missing: ${place} must have it`;
}

function complaint(issue: Issue, expected: string[] | undefined): string {
  if (expected && expected.length > 0) return `must be ${list(expected)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${list(issue.values.map(String))}`;
    case 'too_small':
      return issue.origin === 'number' ? `must be at least ${String(issue.minimum)}` : 'must not be empty';
    case 'invalid_format':
      return PATTERNS[issue.pattern ?? ''] ?? 'does not have the right form';
    default:
      return 'is not allowed here';
  }
}

const PATTERNS: Record<string, string> = {
  [String(JOB_NAME)]: 'must begin with a small letter and have only small letters, digits and `_`, 40 at most',
  [String(WHOLE_NUMBER)]: 'must be a whole number above 0',
  [String(SIZE_PATTERN)]: 'must be a number of bytes, or a size such as 10GiB',
};

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) value = (value as Record<string | number, unknown> | null | undefined)?.[part];
  return value;
}

function shown(value: unknown, written: string | undefined): string {
  if (value === null) return ', but nothing stands there';
  if (Array.isArray(value)) return ', not a list';
  if (typeof value === 'object') return ', not a map';
  return written === undefined || written.length > 80 ? '' : `, not ${written === '' ? 'empty' : written}`;
}
