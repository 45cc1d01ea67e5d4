/** One mistake in a job file, at its place. */
export interface JobFileProblem {
  file: string;
  line: number;
  column: number;
  path: string;
  code: string;
  message: string;
}

/** `job.yaml:12:5: collections.orders.id: message`, a line each, as editors and CI understand it. */
export function formatProblems(problems: readonly JobFileProblem[]): string {
  return problems
    .map(
      ({ file, line, column, path, message }) =>
        `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`,
    )
    .join('\n');
}

export function isProblems(value: unknown): value is JobFileProblem[] {
  return Array.isArray(value) && value.length > 0 && value.every((problem) => 'line' in Object(problem));
}
