import { types } from 'node:util';
import { MillraceError } from '#errors';
import {
  MongoClientClosedError,
  MongoCompatibilityError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';
import { MONGODB_ERRORS } from './mongodb.codes.js';

/**
 * What to do about an error of the driver, told by its class, code and labels, never by its words.
 *
 * - `conflict`: another transaction was faster; run again soon.
 * - `lost`: connection, primary or server selection; run again with growing pauses.
 * - `limit`: a limit of time or cache; run again, but not for ever.
 * - `tooLarge`: cannot work at this size.
 * - `permanent`: everything else.
 */
export type Verdict = 'conflict' | 'lost' | 'limit' | 'tooLarge' | 'permanent';

export const CODE = {
  hostNotFound: 7,
  unauthorized: 13,
  overflow: 15,
  authenticationFailed: 18,
  illegalOperation: 20,
  invalidBson: 22,
  namespaceNotFound: 26,
  namespaceExists: 48,
  commandNotSupportedOnView: 166,
  maxTimeExpired: 50,
  documentValidationFailure: 121,
  bsonTooLarge: 10334,
  duplicateKey: 11000,
} as const;

/** Interrupted, stepped down, shutting down, not primary, host or network trouble between the servers. */
const LOST = new Set([
  6, 7, 63, 64, 89, 91, 133, 134, 150, 175, 189, 202, 234, 262, 317, 358, 384, 461, 462, 9001, 10058, 10107, 11600,
  11601, 11602, 13388, 13435, 13436,
]);
/** WriteConflict, LockTimeout, TemporarilyUnavailable, SnapshotUnavailable, PreparedTransactionInProgress … */
const CONFLICT = new Set([24, 112, 117, 239, 246, 267, 365]);
/** MaxTimeMSExpired, TransactionTooOld, TransactionExceededLifetimeLimitSeconds, TransactionTooLargeForCache. */
const LIMIT = new Set([50, 225, 290, 388]);
const NO_SUCH_TRANSACTION = 251;
/** TransactionTooLarge, BSONObjectTooLarge: of the commit, since a document's own is answered per document. */
const TOO_LARGE = new Set([257, 10334]);
/** UserNotFound, Unauthorized, AuthenticationFailed and their like. */
const PERMISSION = new Set([13, 33]);
const AUTHENTICATION = new Set([11, 18, 334]);
/** NoSuchTransaction after at least this long was the server's limit on a transaction's life rather than a fail-over. */
const LIFETIME_SUSPECT_MS = 1_000;
/** MongoDB 6.0 tells a roll-back for want of cache as a WriteConflict: from this size on it is taken for one. */
const CACHE_SUSPECT_BYTES = 4 * 1024 * 1024;

/** What the transaction that failed had done, where it was one. */
export interface Effort {
  elapsedMs: number;
  bytes: number;
}

export function verdictOf(error: unknown, effort: Effort = { elapsedMs: 0, bytes: 0 }): Verdict {
  if (!(error instanceof MongoError)) return 'permanent';
  const code = codeOf(error);
  if (code !== undefined) {
    if (TOO_LARGE.has(code)) return 'tooLarge';
    if (LIMIT.has(code)) return 'limit';
    if (code === NO_SUCH_TRANSACTION) return effort.elapsedMs >= LIFETIME_SUSPECT_MS ? 'limit' : 'conflict';
    if (CONFLICT.has(code)) return effort.bytes >= CACHE_SUSPECT_BYTES ? 'limit' : 'conflict';
    if (LOST.has(code)) return 'lost';
    if (AUTHENTICATION.has(code) || PERMISSION.has(code)) return 'permanent';
  }
  if (isClosed(error)) return 'permanent';
  if (error instanceof MongoServerSelectionError || error instanceof MongoNetworkError) return 'lost';
  if (error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('SystemOverloadedError')) return 'lost';
  if (error.hasErrorLabel('TransientTransactionError')) return 'conflict';
  return 'permanent';
}

/** The commit may or may not have happened: it is to be asked again. */
export function isUnknownCommit(error: unknown): boolean {
  if (!(error instanceof MongoError) || isClosed(error)) return false;
  if (error.hasErrorLabel('UnknownTransactionCommitResult')) return true;
  if (error.hasErrorLabel('TransientTransactionError')) return false;
  if (error instanceof MongoWriteConcernError) return false;
  return verdictOf(error) === 'lost';
}

export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof MongoError) || error.code === undefined) return undefined;
  const code = Number(error.code);
  return Number.isNaN(code) ? undefined : code;
}

function isClosed(error: MongoError): boolean {
  return (
    error instanceof MongoClientClosedError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoNotConnectedError
  );
}

/** For people: what the server or driver said for good, without URIs, values of documents or secrets. */
export function permanentError(error: unknown): unknown {
  if (!(error instanceof MongoError)) return error;
  const code = codeOf(error);
  const context = code === undefined ? {} : { code, codeName: codeNameOf(error) };
  const options = { cause: error, context };
  if (isClosed(error))
    return new MillraceError(MONGODB_ERRORS.STORE_CLOSED, 'the connection to the target was closed', options);
  if (isTlsFailure(error))
    return new MillraceError(MONGODB_ERRORS.TARGET_TLS_FAILED, 'the TLS handshake with the target failed', options);
  if (code !== undefined && AUTHENTICATION.has(code)) {
    return new MillraceError(
      MONGODB_ERRORS.TARGET_AUTHENTICATION_FAILED,
      'the target refused user or password; check target.uri',
      options,
    );
  }
  if (code !== undefined && PERMISSION.has(code)) {
    return new MillraceError(
      MONGODB_ERRORS.TARGET_PERMISSION_DENIED,
      'the target’s user lacks a right that the job needs',
      options,
    );
  }
  if (code === CODE.illegalOperation) return standalone(options);
  if (error instanceof MongoCompatibilityError) {
    return new MillraceError(
      MONGODB_ERRORS.TARGET_VERSION,
      'the target’s version of MongoDB is not supported; use 6.0 or newer',
      options,
    );
  }
  if (error instanceof MongoServerSelectionError || error instanceof MongoNetworkError) {
    const message = isTurnedAway(error)
      ? 'the target closes connections before it answers; where it demands TLS, add tls=true to target.uri'
      : 'the target cannot be reached; check host, port and network';
    return new MillraceError(MONGODB_ERRORS.TARGET_UNREACHABLE, message, { ...options, retriable: true });
  }
  const words = code === undefined ? error.name : `${codeNameOf(error) ?? 'error'} (${code})`;
  return new MillraceError(MONGODB_ERRORS.TARGET_REFUSED, `the target refused a command: ${words}`, options);
}

export function standalone(options: { cause?: unknown } = {}): MillraceError {
  const message = 'the target is a standalone mongod; start it with --replSet and run rs.initiate() once';
  return new MillraceError(MONGODB_ERRORS.TARGET_STANDALONE, message, options);
}

export function codeNameOf(error: unknown): string | undefined {
  return error instanceof MongoServerError && typeof error.codeName === 'string' ? error.codeName : undefined;
}

/** Node's TLS errors carry codes of their own; the driver wraps them as causes of network and selection errors. */
function isTlsFailure(error: unknown): boolean {
  for (let cause: unknown = error, depth = 0; types.isNativeError(cause) && depth < 6; depth++) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/.test(code))
      return true;
    cause = cause.cause ?? serverErrorIn(cause);
  }
  return false;
}

/** It listens, and hangs up. Only the driver's words tell; nothing but words depends on them. */
function isTurnedAway(error: Error): boolean {
  const cause = serverErrorIn(error) ?? error;
  return cause instanceof MongoNetworkError && /\bclosed$/.test(cause.message);
}

function serverErrorIn(error: Error): unknown {
  const { reason } = error as { reason?: { servers?: Map<string, { error?: unknown }> } };
  for (const server of reason?.servers?.values() ?? []) if (server.error) return server.error;
  return undefined;
}
