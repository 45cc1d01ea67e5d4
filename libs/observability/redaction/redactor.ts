/**
 * The last line of defence against secrets in output: whatever goes to a log or is said to a person passes through here.
 * It knows the secrets that were read, and the places in which connection strings carry them. The first line of defence
 * stays that messages are made without secrets; user data (documents, rows) never pass through it, since it would
 * change them.
 */
export class Redactor {
  private readonly secrets = new Set<string>();
  private pattern: RegExp | undefined;

  /** A value that must never be printed, in any of the spellings in which it may come along. */
  add(secret: string): void {
    if (secret.length < SHORTEST_SECRET) return;
    for (const spelling of spellingsOf(secret)) this.secrets.add(spelling);
    this.pattern = undefined;
  }

  /**
   * A connection string: its password and such are secret, all of it is where it cannot be taken apart. A password that
   * is one of its public parts too (`postgres:postgres@`) is hidden in its place only: blackening every `postgres` would
   * tell more than it hides.
   */
  addUri(uri: string): void {
    const public_ = new Set(publicParts(uri));
    for (const secret of secretParts(uri)) if (!public_.has(secret)) this.add(secret);
  }

  redact(text: string): string {
    const withoutPasswords = text.replace(USER_AND_PASSWORD, '$1:***@').replace(PASSWORD_PARAMETER, '$1=***');
    if (this.secrets.size === 0) return withoutPasswords;
    this.pattern ??= new RegExp(
      [...this.secrets]
        .sort((a, b) => b.length - a.length)
        .map(escapeRegExp)
        .join('|'),
      'g',
    );
    return withoutPasswords.replace(this.pattern, '***');
  }

  /** All texts in plain data. */
  redactAll(value: unknown): unknown {
    if (typeof value === 'string') return this.redact(value);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map((item) => this.redactAll(item));
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, this.redactAll(field)]));
  }
}

/** Shorter ones would blacken ordinary words; in connection strings they are hidden all the same, by their place. */
const SHORTEST_SECRET = 4;

const USER_AND_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/?#:@"'`<>]*):[^\s"'`<>]*@/gi;
const PASSWORD_PARAMETER =
  /\b((?:ssl|tls|proxy)?(?:password|passwd|pwd|secret|token|tlsCertificateKeyFilePassword))=[^\s&;"'`<>]+/gi;

function secretParts(uri: string): string[] {
  const parts: string[] = [];
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^:/?#]*:(.*)@/i.exec(uri)?.[1];
  if (password) parts.push(password);
  for (const match of uri.matchAll(PASSWORD_PARAMETER)) parts.push(match[0].slice(match[0].indexOf('=') + 1));
  return parts.flatMap((part) => [part, decoded(part)]);
}

function publicParts(uri: string): string[] {
  const [, user = '', rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^:/?#@]*)(?::.*)?@(.*)$/i.exec(uri) ?? [];
  return [user, decoded(user), ...rest.split(/[/?&=:,.]/)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function spellingsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret).slice(1, -1)];
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
