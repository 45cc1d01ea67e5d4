import type { z } from 'zod';
import { metaOf } from './fields.js';
import { SERVICES, serviceSchemas } from './service-settings.js';
import { commandLineSchema } from './command-line-settings.js';

/** The table of all settings of the command line in Markdown, from the schema itself: the reference in the docs is made of it. */
export function settingsReference(): string {
  const rows = (Object.values(commandLineSchema.shape) as z.ZodType[]).map((schema) => {
    const { rule, description } = metaOf(schema);
    return `| ${namesOf(schema)} | ${rule} | ${fallbackOf(schema)} | ${description} |`;
  });
  return ['| variable | value | default | does |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

/** The same of the services, each variable with those that read it. */
export function serviceSettingsReference(): string {
  const readers = new Map<string, { schema: z.ZodType; services: string[] }>();
  for (const service of SERVICES) {
    for (const schema of Object.values(serviceSchemas[service].shape) as z.ZodType[]) {
      const { env } = metaOf(schema);
      const known = readers.get(env);
      if (known) known.services.push(service);
      else readers.set(env, { schema, services: [service] });
    }
  }
  const rows = [...readers.values()].map(({ schema, services }) => {
    const { rule, description } = metaOf(schema);
    const by = services.length === SERVICES.length ? 'all' : services.join(', ');
    return `| ${namesOf(schema)} | ${by} | ${rule} | ${fallbackOf(schema)} | ${description} |`;
  });
  return ['| variable | services | value | default | does |', '| --- | --- | --- | --- | --- |', ...rows, ''].join(
    '\n',
  );
}

function namesOf(schema: z.ZodType): string {
  const { env, secret } = metaOf(schema);
  return secret ? `\`${env}\`, or \`${env}_FILE\`` : `\`${env}\``;
}

function fallbackOf(schema: z.ZodType): string {
  const absent = schema.safeParse(undefined);
  if (!absent.success) return 'must be set';
  const { data } = absent;
  if (data === undefined) return '';
  return `\`${typeof data === 'boolean' ? (data ? '1' : '0') : String(data)}\``;
}
