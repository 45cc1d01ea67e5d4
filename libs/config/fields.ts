import { z } from 'zod';

/** What stands beside each setting: its name in the environment, and its rule in the words of a message. */
export interface SettingMeta {
  env: string;
  rule: string;
  description: string;
  /** May also be given as a file's content, by `<env>_FILE`; never shown. */
  secret?: true;
}

export function metaOf(schema: z.ZodType): SettingMeta {
  return schema.meta() as unknown as SettingMeta;
}

export function choice<const T extends readonly string[]>(
  env: string,
  values: T,
  fallback: T[number],
  description: string,
) {
  return z
    .enum(values)
    .default(fallback as never)
    .meta({ env, rule: `one of ${values.join(', ')}`, description });
}

export function whole(env: string, [least, most]: readonly [number, number], fallback: number, description: string) {
  const text = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));
  return text.default(fallback).meta({ env, rule: `a whole number from ${least} to ${most}`, description });
}

export function flag(env: string, fallback: boolean, description: string) {
  const text = z.enum(['1', '0', 'true', 'false']).transform((value) => value === '1' || value === 'true');
  return text.default(fallback).meta({ env, rule: '1 or 0', description });
}

/** Without a default: it must be given. */
export function required(env: string, pattern: RegExp, rule: string, description: string) {
  return z.string().regex(pattern).meta({ env, rule, description });
}

export function optional(env: string, pattern: RegExp, rule: string, description: string) {
  return z.string().regex(pattern).optional().meta({ env, rule, description });
}

/** The same, as a secret. */
export function secret<T extends z.ZodType>(field: T): T {
  return field.meta({ ...metaOf(field), secret: true }) as T;
}

export function text(env: string, pattern: RegExp, fallback: string, rule: string, description: string) {
  return z.string().regex(pattern).default(fallback).meta({ env, rule, description });
}
