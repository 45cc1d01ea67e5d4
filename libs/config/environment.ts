import { MillraceError } from '#errors';
import type { z } from 'zod';
import { configErrors } from './config.codes.js';
import { metaOf } from './fields.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every problem at once, by name and rule, never by value: a value in the wrong variable may be a secret. */
export function readEnvironment<S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  env: Environment,
  readFile: (path: string) => string = unreadable,
): z.infer<z.ZodObject<S>> {
  const given: Record<string, string> = {};
  const problems: string[] = [];
  for (const [key, field] of Object.entries(schema.shape)) {
    const { env: name, secret } = metaOf(field as z.ZodType);
    const value = env[name]?.trim();
    const file = secret ? env[`${name}_FILE`]?.trim() : undefined;
    if (value) given[key] = value;
    else if (file) {
      try {
        given[key] = readFile(file).trim();
      } catch {
        problems.push(`${name}_FILE must name a file that can be read`);
      }
    }
  }
  const result = schema.safeParse(given);
  if (!result.success) {
    const keys = new Set(result.error.issues.map((issue) => issue.path[0] as string));
    for (const key of keys) {
      const { env: name, rule } = metaOf(schema.shape[key] as z.ZodType);
      if (!problems.some((problem) => problem.startsWith(`${name}_FILE `)))
        problems.push(key in given ? `${name} must be ${rule}` : `${name} must be set: ${rule}`);
    }
  }
  if (result.success && problems.length === 0) return result.data as z.infer<z.ZodObject<S>>;
  throw new MillraceError(configErrors.SETTINGS_INVALID, problems.join('; '), { context: { settings: problems } });
}

function unreadable(): never {
  throw new Error('files are not read here');
}
