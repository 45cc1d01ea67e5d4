/** The exit codes of every command; the contract with users. */
export const EXIT = { done: 0, failed: 1, usage: 2, differences: 3, blocked: 4 } as const;

/** A code that operators meet: its cause and remedy stand beside it, and the error reference is made from here. */
export interface ErrorCode {
  code: string;
  /** What happened, in plain words. */
  cause: string;
  /** What to do. */
  remedy: string;
  /** Exit code of a command that ends with it. */
  exit: number;
}

/**
 * The one error class that crosses rooms. `message` is for people: it names the thing and the fix, never a secret or a
 * row's values. `retriable`: the same call may succeed later without anybody's doing.
 */
export class MillraceError extends Error {
  readonly code: string;
  /** What to do, as declared with the code; printed under the message. */
  readonly remedy: string;
  readonly retriable: boolean;
  readonly context: Record<string, unknown>;
  readonly exit: number;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retriable?: boolean; context?: Record<string, unknown>; cause?: unknown; exit?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code.code;
    this.remedy = code.remedy;
    this.retriable = options.retriable ?? false;
    this.context = options.context ?? {};
    this.exit = options.exit ?? code.exit;
  }
}

/** Declares a group of codes: the property's name is the code. */
export function errorCodes<K extends string>(
  codes: Record<K, { cause: string; remedy: string; exit?: number }>,
): Record<K, ErrorCode> {
  const declared = {} as Record<K, ErrorCode>;
  for (const code of Object.keys(codes) as K[]) {
    const { cause, remedy, exit } = codes[code];
    declared[code] = { code, cause, remedy, exit: exit ?? EXIT.failed };
  }
  return declared;
}
