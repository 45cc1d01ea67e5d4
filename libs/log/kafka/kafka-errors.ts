import type { KafkaJSProtocolError } from 'kafkajs';
import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';
import { KafkaJSError } from './kafkajs.js';

/** What the client reports is often wrapped by what gave up over it. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let each = error; each instanceof Error && causes.length < 8; each = each.cause) causes.push(each);
  return causes;
}

/** The broker's own word for it, such as `MESSAGE_TOO_LARGE`. */
export function typeOf(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const { type } = cause as Partial<KafkaJSProtocolError>;
    if (type !== undefined) return type;
  }
  return undefined;
}

const REFUSALS = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSUnsupportedMagicByteInMessageSet',
  'KafkaJSNotImplemented',
]);

/** Whether waiting may help. What gave up after a number of tries tells of the last one; of the system's errors those of the network. */
export function isTransient(error: unknown): boolean {
  const causes = causesOf(error);
  if (causes.some((cause) => REFUSALS.has((cause as Error).name))) return false;
  const innermost = causes.at(-1);
  return innermost instanceof KafkaJSError ? innermost.retriable : 'code' in (innermost as object);
}

/** For what the caller is told: `retriable` where waiting may help. */
export function kafkaFailure(what: string, error: unknown): MillraceError {
  const retriable = isTransient(error);
  const code = isRefusal(error)
    ? LOG_ERRORS.LOG_REFUSED
    : retriable
      ? LOG_ERRORS.LOG_UNREACHABLE
      : LOG_ERRORS.LOG_FAILED;
  return new MillraceError(code, `${what}: ${wordFor(error)}`, { cause: error, retriable });
}

const isRefusal = (error: unknown): boolean =>
  typeOf(error)?.endsWith('AUTHORIZATION_FAILED') === true ||
  causesOf(error).some((cause) => (cause as Error).name === 'KafkaJSSASLAuthenticationError');

/** The broker's, else the system's (`ECONNREFUSED`, `SELF_SIGNED_CERT_IN_CHAIN`), else the client's. */
function wordFor(error: unknown): string {
  const causes = causesOf(error);
  const code = causes.map((cause) => (cause as { code?: unknown }).code).find((each) => typeof each === 'string');
  return typeOf(error) ?? (code as string | undefined) ?? (causes.at(-1) as Error | undefined)?.name ?? 'unknown';
}
