import { MillraceError, type ErrorCode } from '#errors';
import { POSTGRES_CODES as CODES } from './postgres.codes.js';

/** What an error is about, for its message. */
export interface SourceErrorContext {
  /** `host:port/database`. */
  where?: string;
  /** What was being done, as in "reading public.orders". */
  doing?: string;
  /** The session: where it broke earlier, what broke it explains an error that has no code itself. */
  client?: { lost?: Error | undefined };
  /** Whether the session is being opened. */
  connecting?: boolean;
}

interface Judgement {
  code: ErrorCode;
  retriable: boolean;
}

/** Five characters from the server, never without a digit; the system's own (EPIPE) begin with E. */
const SQLSTATE = /^(?!E)(?=.*\d)[0-9A-Z]{5}$/;

/** By the first of: whole SQLSTATE, its class. Everything else is permanent. */
const BY_SQLSTATE: Record<string, Judgement> = {
  '08P01': forGood(CODES.SOURCE_NOT_DIRECT),
  '08': passing(CODES.SOURCE_CONNECTION_LOST),
  '0A000': forGood(CODES.SOURCE_FAILED),
  '25006': forGood(CODES.SOURCE_CONFIGURATION),
  '28': forGood(CODES.SOURCE_AUTHENTICATION_FAILED),
  '3D000': forGood(CODES.SOURCE_DATABASE_UNKNOWN),
  '40': passing(CODES.SOURCE_BUSY),
  '42501': forGood(CODES.SOURCE_PERMISSION_DENIED),
  '42P01': forGood(CODES.SOURCE_SCHEMA_CHANGED),
  '42703': forGood(CODES.SOURCE_SCHEMA_CHANGED),
  '42883': forGood(CODES.SOURCE_FAILED),
  '53300': passing(CODES.SOURCE_UNREACHABLE),
  '53400': forGood(CODES.SOURCE_CONFIGURATION),
  '53': passing(CODES.SOURCE_BUSY),
  '55000': forGood(CODES.SOURCE_CONFIGURATION),
  '55006': passing(CODES.SOURCE_BUSY),
  '55P03': passing(CODES.SOURCE_BUSY),
  '57014': passing(CODES.SOURCE_BUSY),
  '57P04': forGood(CODES.SOURCE_DATABASE_UNKNOWN),
  '57P': passing(CODES.SOURCE_CONNECTION_LOST),
  '58': passing(CODES.SOURCE_BUSY),
  '25P02': passing(CODES.SOURCE_BUSY),
  '25P03': passing(CODES.SOURCE_CONNECTION_LOST),
  '25P04': passing(CODES.SOURCE_CONNECTION_LOST),
};

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'ENOENT',
  'EADDRNOTAVAIL',
  'EAGAIN',
  'EMFILE',
  'ENFILE',
  'EACCES',
  'EPERM',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_SOCKET_CLOSED',
]);

/**
 * What an error of the driver means: whether to try again, and what a person has to do. By SQLSTATE, or by the code of
 * the socket or of TLS; never by text. An error that is none of the driver's (a defect) comes back as
 * SOURCE_FAILED with its cause, never retried.
 */
export function toMillraceError(error: unknown, context: SourceErrorContext = {}): MillraceError {
  if (error instanceof MillraceError) return error;
  const cause = explaining(error, context);
  if (cause instanceof MillraceError) return cause;
  const code = codeOf(cause);
  const { code: known, retriable } = judge(code, context);
  const doing = context.doing ? `${context.doing}: ` : '';
  const about = context.where ? ` (${context.where})` : '';
  const detail = code && SQLSTATE.test(code) ? `${serverText(cause)} [SQLSTATE ${code}]` : (code ?? textOf(cause));
  return new MillraceError(known, `${doing}${headline(known)}${about}: ${detail}.`, {
    retriable,
    cause,
    context: { ...(code ? { sqlstate: code } : {}), ...(context.where ? { where: context.where } : {}) },
  });
}

/** The SQLSTATE that a server sent, or undefined. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error instanceof MillraceError && error.cause !== undefined ? error.cause : error);
  return code && SQLSTATE.test(code) ? code : undefined;
}

function explaining(error: unknown, context: SourceErrorContext): unknown {
  return codeOf(error) === undefined && context.client?.lost ? context.client.lost : error;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function judge(code: string | undefined, context: SourceErrorContext): Judgement {
  if (code === undefined) return forGood(context.connecting ? CODES.SOURCE_AUTHENTICATION_FAILED : CODES.SOURCE_FAILED);
  if (SQLSTATE.test(code)) return judgeSqlState(code, context);
  if (SOCKET_CODES.has(code))
    return passing(context.connecting ? CODES.SOURCE_UNREACHABLE : CODES.SOURCE_CONNECTION_LOST);
  if (isTlsCode(code))
    return context.connecting ? forGood(CODES.SOURCE_TLS_FAILED) : passing(CODES.SOURCE_CONNECTION_LOST);
  return forGood(CODES.SOURCE_FAILED);
}

function judgeSqlState(code: string, context: SourceErrorContext): Judgement {
  const judged =
    BY_SQLSTATE[code] ?? BY_SQLSTATE[code.slice(0, 3)] ?? BY_SQLSTATE[code.slice(0, 2)] ?? forGood(CODES.SOURCE_FAILED);
  if (!context.connecting) return judged;
  if (judged.retriable) return passing(CODES.SOURCE_UNREACHABLE);
  return code.startsWith('42') && code !== '42501' ? forGood(CODES.SOURCE_NOT_DIRECT) : judged;
}

/** OpenSSL's verification results, and Node's `ERR_TLS_…` and `ERR_SSL_…`. */
function isTlsCode(code: string): boolean {
  return (
    /^ERR_(TLS|SSL|OSSL)_|CERT|^UNABLE_TO_|SIGNATURE|^CRL_|^HOSTNAME_MISMATCH$|^INVALID_CA$|^INVALID_PURPOSE$|^PATH_LENGTH_EXCEEDED$/.test(
      code,
    ) || code === 'EPROTO'
  );
}

function headline(code: ErrorCode): string {
  return HEADLINES[code.code] ?? 'the source refused';
}

const HEADLINES: Record<string, string> = {
  SOURCE_UNREACHABLE: 'the source cannot be reached',
  SOURCE_CONNECTION_LOST: 'the connection to the source was lost',
  SOURCE_AUTHENTICATION_FAILED: 'the source refuses this user',
  SOURCE_DATABASE_UNKNOWN: 'the source has no such database',
  SOURCE_PERMISSION_DENIED: 'the role lacks a right on the source',
  SOURCE_TLS_FAILED: 'TLS with the source failed',
  SOURCE_BUSY: 'the source cannot do it now',
  SOURCE_NOT_DIRECT: 'the source refuses the session',
  SOURCE_SCHEMA_CHANGED: 'the schema of the source has changed',
  SOURCE_CONFIGURATION: 'the source is not set up for it',
};

/** The server's primary message names objects, not values, but for class 22 and 23, which quote values. */
function serverText(error: unknown): string {
  const state = codeOf(error) ?? '';
  return state.startsWith('22') || state.startsWith('23') ? 'a value is not as it should be' : textOf(error);
}

function textOf(error: unknown): string {
  return (
    error instanceof Error || typeof (error as Error | null)?.message === 'string'
      ? (error as Error).message
      : String(error)
  ).replace(/\.$/, '');
}

function passing(code: ErrorCode): Judgement {
  return { code, retriable: true };
}

function forGood(code: ErrorCode): Judgement {
  return { code, retriable: false };
}
