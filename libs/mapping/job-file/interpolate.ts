/** Where a job file's `${NAME}` come from. */
export interface Variables {
  env: Readonly<Record<string, string | undefined>>;
  /** The content of a file; throws where it cannot be read. */
  readSecretFile: (path: string) => string;
}

export interface Interpolated {
  text: string;
  /** Something was put in. */
  changed: boolean;
  /** Contents of secret files that are now in `text`. */
  secrets: string[];
  failures: InterpolationFailure[];
}

export type InterpolationFailure =
  | { kind: 'unset'; name: string }
  | { kind: 'unreadable'; variable: string; reason: string }
  | { kind: 'malformed'; written: string };

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{([^}]*)\}?/g;

/**
 * Puts variables into one scalar, after the file was parsed: what a variable holds is text, never structure, and is not
 * looked into again. `$${` stands for a literal `${`. In an expression a `${…}` that is no plain name is JavaScript's own.
 */
export function interpolate(scalar: string, variables: Variables, options: { expression: boolean }): Interpolated {
  const result: Interpolated = { text: scalar, changed: false, secrets: [], failures: [] };
  if (!scalar.includes('${')) return result;
  result.text = scalar.replace(REFERENCE, (written: string, name?: string, fallback?: string) => {
    if (written === '$${') return '${';
    if (name === undefined) {
      if (!options.expression) result.failures.push({ kind: 'malformed', written });
      return written;
    }
    const value = valueOf(name, fallback, variables, result);
    if (value === undefined) return written;
    result.changed = true;
    return value;
  });
  return result;
}

/** As in a shell, the default of `${NAME:-default}` also stands in for an empty NAME. */
function valueOf(
  name: string,
  fallback: string | undefined,
  variables: Variables,
  result: Interpolated,
): string | undefined {
  const { env } = variables;
  const set = env[name];
  if (set !== undefined && set !== '' && name.endsWith('_FILE')) return contentOf(name, set, variables, result);
  if (set !== undefined && !(set === '' && fallback !== undefined)) return set;
  const file = env[`${name}_FILE`];
  if (file !== undefined && file !== '') return contentOf(`${name}_FILE`, file, variables, result);
  if (fallback === undefined) result.failures.push({ kind: 'unset', name });
  return fallback;
}

function contentOf(variable: string, path: string, variables: Variables, result: Interpolated): string | undefined {
  try {
    const content = variables.readSecretFile(path).replace(/\r?\n$/, '');
    if (content !== '') result.secrets.push(content);
    return content;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    result.failures.push({ kind: 'unreadable', variable, reason });
    return undefined;
  }
}
