import { MillraceError } from '#errors';

const MOST_PROBLEMS = 2;

/** Of work that has failed and is begun again, in the words of its log; of what a person must deal with, with the remedy. */
export function troubleOf(error: unknown): string {
  // Whatever a driver says may be of a row.
  if (!(error instanceof MillraceError)) return 'something unexpected happened; its log says more';
  if (error.retriable) return error.message;
  const problems = problemsOf(error);
  return problems === undefined ? `${error.message} ${error.remedy}` : `${error.message} ${problems}`;
}

/** Each names its fix. */
function problemsOf({ context }: MillraceError): string | undefined {
  const { problems } = context;
  if (!Array.isArray(problems) || problems.length === 0) return undefined;
  const told = problems.slice(0, MOST_PROBLEMS).map(({ message }: { message: string }) => message);
  if (problems.length > MOST_PROBLEMS) told.push(`and ${problems.length - MOST_PROBLEMS} more`);
  return told.join('; ');
}
