import { inspect } from 'node:util';

const HIDDEN = '***';

/** What must never be printed: whole URIs, the passwords in them, and the contents of secret files. */
export class Secrets {
  readonly #values: string[];

  constructor(uris: readonly string[], contents: readonly string[]) {
    const values = [...uris, ...uris.flatMap(passwordsOf), ...contents];
    this.#values = [...new Set(values.filter((value) => value !== ''))].sort((a, b) => b.length - a.length);
  }

  /** The text with every secret in it replaced; for messages made elsewhere (drivers, servers). */
  redact(text: string): string {
    let redacted = text;
    for (const value of this.#values) redacted = redacted.replaceAll(value, HIDDEN);
    return redacted;
  }
}

/** As written and decoded: a driver may show either. */
function passwordsOf(uri: string): string[] {
  const password = /^[a-z0-9+.-]+:\/\/[^/@:]*:([^@/]*)@/i.exec(uri)?.[1] ?? '';
  const parameter = /[?&]password=([^&]*)/i.exec(uri)?.[1] ?? '';
  return [password, parameter].filter((text) => text !== '').flatMap((text) => [text, decode(text)]);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Makes `JSON.stringify`, `console.log` and loggers show `***` for the `uri` of this part of a job file. */
export function concealUri<T extends { uri: string }>(part: T): T {
  const concealed = { ...part, uri: HIDDEN };
  Object.defineProperty(part, 'toJSON', { value: () => concealed, enumerable: false });
  Object.defineProperty(part, inspect.custom, { value: () => concealed, enumerable: false });
  return part;
}
