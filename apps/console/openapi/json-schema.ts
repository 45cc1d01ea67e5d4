import type { ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';

type SchemaObject = Extract<ApiBodyOptions, { schema: unknown }>['schema'];

const COMPONENTS = '#/components/schemas/';
const named = new Map<string, object>();

/** What a zod schema takes, as OpenAPI has it; schemas with an `id` are referred to, and gathered. */
export function jsonSchemaOf(schema: z.ZodType): SchemaObject {
  const { $schema: _, $defs, ...made } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  for (const [name, definition] of Object.entries($defs ?? {})) named.set(name, referring(definition) as object);
  const { id } = schema.meta() ?? {};
  if (typeof id !== 'string') return referring(made) as SchemaObject;
  named.set(id, referring(made) as object);
  return { $ref: COMPONENTS + id };
}

/** Those that were referred to so far. */
export function namedSchemas(): Record<string, object> {
  return Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** zod keeps an `id` beside a definition, which OpenAPI does not know, and refers to definitions of the same document. */
function referring(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(referring);
  const fields = Object.entries(value).filter(([name, field]) => !(name === 'id' && typeof field === 'string'));
  return Object.fromEntries(
    fields.map(([name, field]) => [
      name,
      name === '$ref' && typeof field === 'string' ? field.replace('#/$defs/', COMPONENTS) : referring(field),
    ]),
  );
}
