import { EXIT, MillraceError } from '#errors';
import type { Redactor } from '#observability/redaction';

/** The body of an answer that tells of a failure, and of the last line of a stream that ends with one. */
export interface FailureBody {
  error: {
    code: string;
    message: string;
    remedy: string;
    exit: number;
    problems?: unknown;
    findings?: unknown;
  };
}

/** Nothing of it is of a row; secrets that messages of drivers may carry are taken out. */
export function failureBody(error: MillraceError, redactor: Pick<Redactor, 'redactAll'>): FailureBody {
  const { code, message, remedy, exit, context } = error;
  const { problems, findings } = context;
  const told = { code, message, remedy, exit, ...(problems ? { problems } : {}), ...(findings ? { findings } : {}) };
  return { error: redactor.redactAll(told) as FailureBody['error'] };
}

/** The same failure again, at whoever asked. */
export function errorOfBody({ error }: FailureBody, options: { retriable?: boolean } = {}): MillraceError {
  const { code, message, remedy, exit, ...context } = error;
  return new MillraceError({ code, cause: message, remedy, exit }, message, { ...options, context });
}

export function isFailureBody(body: unknown): body is FailureBody {
  const error = (body as Partial<FailureBody> | null | undefined)?.error;
  return typeof error?.code === 'string' && typeof error.message === 'string';
}

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHORIZED: 401,
  ORIGIN_REFUSED: 403,
  ROUTE_UNKNOWN: 404,
  JOB_NOT_REGISTERED: 404,
  JOB_UNKNOWN: 404,
  LETTER_UNKNOWN: 404,
  JOB_EXISTS: 409,
  JOB_RUNNING: 409,
  JOB_PAUSED: 409,
  JOB_ATTENTION: 409,
  JOB_BEING_REMOVED: 409,
  JOB_COMPLETED: 409,
  JOB_TAKEN_OVER: 409,
  NOTHING_TO_HOLD: 409,
  STOPPED_BY_ERROR: 409,
  REQUEST_TOO_LARGE: 413,
  JOB_FILE_INVALID: 422,
  REQUEST_UNANSWERED: 503,
};

export function statusOf({ code, exit, retriable }: MillraceError): number {
  const known = STATUS[code];
  if (known !== undefined) return known;
  if (retriable) return 503;
  if (exit === EXIT.blocked) return 409;
  return exit === EXIT.usage ? 400 : 500;
}
