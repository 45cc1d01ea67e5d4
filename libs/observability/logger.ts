import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import type { Redactor } from './redaction/redactor.js';
import { formatLogLine } from './text-lines.js';

/** Bound to what it speaks of, such as `{job, service, table, partition}`; never given values of rows. */
export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Logger;
};

export interface LoggerOptions {
  level: string;
  /** `json`: one object a line, for machines; `text`: a line for people. */
  format: 'json' | 'text';
  /** Takes finished lines, line end included. */
  write: (line: string) => void;
  redactor: Redactor;
  /** In every line: `{job, service}`. */
  bindings?: Record<string, unknown>;
  colour?: boolean;
}

/** Every line passes through the redactor after it was made, so that no field of it can carry a secret past it. */
export function createLogger(options: LoggerOptions): Logger {
  const { redactor, write } = options;
  const line =
    options.format === 'json' ? (json: string) => json : (json: string) => formatLogLine(json, options.colour ?? false);
  return pino(
    {
      level: options.level,
      base: options.bindings ?? {},
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
    },
    { write: (json: string) => write(redactor.redact(line(json))) },
  );
}

/** Where in the log it was. */
function placeOf(error: Error): Record<string, unknown> {
  const { context } = error as { context?: Record<string, unknown> };
  const known = ['topic', 'partition', 'offset'].filter((name) => context?.[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, context?.[name]]));
}

/** Code and message, not the driver's whole object: that may carry values of rows (`detail`, `where`, `writeErrors`). */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  return { name: error.name, ...(code === undefined ? {} : { code }), message: error.message, ...placeOf(error) };
}
