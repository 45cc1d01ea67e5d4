import { z } from 'zod';
import { jobFileSchema } from './schema.js';

type Json = Record<string, unknown>;

const VARIABLE = {
  type: 'string',
  pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}',
  description: 'A variable: ${NAME} or ${NAME:-default}.',
};

/** The published JSON Schema (draft 2020-12) of the job file: what editors complete and check by. */
export function jobFileJsonSchema(): Json {
  const schema = z.toJSONSchema(jobFileSchema, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => orVariable(jsonSchema as Json),
  }) as Json;
  return { ...schema, title: 'Millrace job file', description: 'Which tables become which documents, and how.' };
}

/** Where a text, number or choice is restricted, a `${NAME}` may stand as well. */
function orVariable(node: Json): void {
  const restricted =
    node['type'] === 'integer' ||
    node['type'] === 'number' ||
    (node['type'] === 'string' && ('enum' in node || 'pattern' in node));
  if (!restricted) return;
  const { description, default: fallback, ...rule } = node;
  for (const key of Object.keys(node)) delete node[key];
  Object.assign(
    node,
    { anyOf: [rule, VARIABLE] },
    description === undefined ? {} : { description },
    fallback === undefined ? {} : { default: fallback },
  );
}
