import { metaOf, settingsSchema } from './settings.js';

/** The table of all settings in Markdown, from the schema itself: the reference in the docs is made of it. */
export function settingsReference(): string {
  const defaults = settingsSchema.parse({}) as Record<string, unknown>;
  const rows = Object.entries(settingsSchema.shape).map(([key, schema]) => {
    const { env, rule, description } = metaOf(schema);
    return `| \`${env}\` | ${rule} | \`${shown(defaults[key])}\` | ${description} |`;
  });
  return ['| variable | value | default | does |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function shown(value: unknown): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}
