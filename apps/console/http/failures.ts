import { API_ERRORS, failureBody, statusOf } from '#api';
import { MillraceError } from '#errors';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { Response } from './exchange.js';
import { type ConsoleParts, PARTS } from '../console-parts.js';

/** What nothing else has caught, as the API tells failures. */
@Catch()
export class Failures implements ExceptionFilter {
  constructor(@Inject(PARTS) private readonly parts: ConsoleParts) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.end();
    const failure = knownFailure(error, this.parts);
    response.status(statusOf(failure)).json(failureBody(failure, this.parts.redactor));
  }
}

/** A defect is told to the log, and to whoever asked only that there is one. */
export function knownFailure(error: unknown, { logger }: Pick<ConsoleParts, 'logger'>): MillraceError {
  if (error instanceof MillraceError) return error;
  const refused = ofHttp(error);
  if (refused !== undefined) return refused;
  logger.error({ err: error }, 'a request failed unexpectedly');
  return new MillraceError(API_ERRORS.API_FAILED, 'something unexpected happened in the console; see its log');
}

/** What Nest or Express refuse before any of our code is reached. */
function ofHttp(error: unknown): MillraceError | undefined {
  const { type, status } = error as { type?: unknown; status?: unknown };
  const code = error instanceof HttpException ? error.getStatus() : status;
  if (type === 'entity.too.large' || code === 413)
    return new MillraceError(API_ERRORS.REQUEST_TOO_LARGE, 'the body of the request is too large');
  if (code === 404) return new MillraceError(API_ERRORS.ROUTE_UNKNOWN, 'there is no such route');
  if (typeof code === 'number' && code >= 400 && code < 500)
    return new MillraceError(
      API_ERRORS.REQUEST_INVALID,
      'the request cannot be read: its body must be JSON, its URL well-formed',
    );
  return undefined;
}
