/** One mistake in a job file. */
export interface Problem {
  file: string;
  /** Both from 1. */
  line: number;
  column: number;
  /** `collections.orders.embed.lines.on`; empty for the file as a whole. */
  path: string;
  code: string;
  /** Names the thing and the fix; never a secret. */
  message: string;
}

/** A place in the job file: keys and indexes from its root. */
export type Path = readonly (string | number)[];

const PLAIN_KEY = /^[^\s.[\]"']+$/;

export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (PLAIN_KEY.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** In the order of the file. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
