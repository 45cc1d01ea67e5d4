import { MillraceError } from '#errors';
import { z } from 'zod';
import { configErrors } from './config.codes.js';

/** What stands beside each setting: its name in the environment, and its rule in the words of a message. */
export interface SettingMeta {
  env: string;
  rule: string;
  description: string;
}

/**
 * All settings from the environment: types, defaults, rules and descriptions in one place. What a job is belongs in its
 * job file; here is how the process that runs it behaves. Every default is right for two cores and a laptop.
 */
export const settingsSchema = z.object({
  logLevel: choice('MILLRACE_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info',
    'The least serious log lines that are written.'),
  logFormat: choice('MILLRACE_LOG_FORMAT', ['text', 'json'], 'text',
    'Log lines on stderr: for people, or one JSON object a line for machines.'),
  debug: flag('MILLRACE_DEBUG', 'Shows the stack of an error, and logs at level debug.'),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Every problem at once, by name and rule, never by value: a value in the wrong variable may be a secret. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given: Record<string, string> = {};
  for (const [key, schema] of Object.entries(settingsSchema.shape)) {
    const value = env[metaOf(schema).env]?.trim();
    if (value !== undefined && value !== '') given[key] = value;
  }
  const result = settingsSchema.safeParse(given);
  if (result.success) return result.data;
  const keys = new Set(result.error.issues.map((issue) => issue.path[0] as keyof Settings));
  const problems = [...keys].map((key) => {
    const { env: name, rule } = metaOf(settingsSchema.shape[key]);
    return `${name} must be ${rule}`;
  });
  throw new MillraceError(configErrors.SETTINGS_INVALID, problems.join('; '), { context: { settings: problems } });
}

export function metaOf(schema: z.ZodType): SettingMeta {
  return schema.meta() as unknown as SettingMeta;
}

function choice<const T extends readonly string[]>(env: string, values: T, fallback: T[number], description: string) {
  return z.enum(values).default(fallback as never).meta({ env, rule: `one of ${values.join(', ')}`, description });
}

function flag(env: string, description: string) {
  const text = z.enum(['1', '0', 'true', 'false']).transform((value) => value === '1' || value === 'true');
  return text.default(false).meta({ env, rule: '1 or 0', description });
}
