const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;
/** Words that some YAML reader takes for something else than a text. */
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A name as a key of the job file. */
export function key(name: string): string {
  return PLAIN.test(name) && !RESERVED.test(name) ? name : quoted(name);
}

/** A name as a value: what looks like a variable is escaped. */
export function value(name: string): string {
  return key(name.replaceAll('${', () => '$${'));
}

export function list(names: readonly string[]): string {
  return `[${names.map(value).join(', ')}]`;
}

export function map(entries: readonly (readonly [string, string])[]): string {
  return `{ ${entries.map(([k, v]) => `${key(k)}: ${value(v)}`).join(', ')} }`;
}

/** JSON's escapes are YAML's, too; all that is not printable ASCII or a letter is escaped. */
function quoted(name: string): string {
  return JSON.stringify(name).replaceAll(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
