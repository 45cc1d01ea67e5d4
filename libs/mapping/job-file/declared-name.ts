import { parseDocument } from 'yaml';

const NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** The name that a job file declares, as far as that can be told from its text alone: without its variables, and not validated. */
export function declaredJobName(text: string): string | undefined {
  try {
    const document = parseDocument(text, { logLevel: 'silent', uniqueKeys: false });
    const name: unknown = document.errors.length > 0 ? undefined : document.get('job');
    return typeof name === 'string' && NAME.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

export function isJobName(text: string): boolean {
  return NAME.test(text);
}
