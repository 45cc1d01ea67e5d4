import { createHash, timingSafeEqual } from 'node:crypto';
import { MillraceError } from '#errors';
import { CONSOLE_ERRORS } from '../console.codes.js';

/** The tokens that the API is used with, by the names that stand in the audit trail. */
export class Tokens {
  private constructor(private readonly known: readonly { name: string; digest: Buffer }[]) {}

  /** Of the setting: `name:token`, separated by commas or line ends. */
  static of(text: string | undefined): Tokens {
    return new Tokens(pairsOf(text).map(([name, token]) => ({ name, digest: digestOf(token) })));
  }

  /** What must never be printed. */
  static secretsOf(text: string | undefined): string[] {
    return pairsOf(text).map(([, token]) => token);
  }

  get areNeeded(): boolean {
    return this.known.length > 0;
  }

  /** Whose token it is. Takes as long for one that is nearly right as for one that is not: all are compared, as digests. */
  nameOf(token: string): string | undefined {
    const digest = digestOf(token);
    let found: string | undefined;
    for (const { name, digest: known } of this.known) if (timingSafeEqual(known, digest)) found = name;
    return found;
  }
}

function pairsOf(text = ''): [name: string, token: string][] {
  const pairs = text.split(/[,\n]/).map((pair) => pair.trim());
  return pairs
    .filter((pair) => pair !== '')
    .map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]);
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** An API that everybody can use may be served on this machine alone. */
export function refuseOpenDoor(tokens: Tokens, host: string): void {
  if (tokens.areNeeded || isLoopback(host)) return;
  throw new MillraceError(
    CONSOLE_ERRORS.TOKENS_MISSING,
    `the API would be open to everybody at ${host}: MILLRACE_CONSOLE_TOKENS is not set`,
  );
}

export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
