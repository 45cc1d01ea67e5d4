import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { SERVICES } from '#config';
import { settingsFrom, variablesOf } from './environment.js';

const CHART = new URL('../../deploy/helm/millrace/', import.meta.url);
const readText = (path: string) => readFile(new URL(path, CHART), 'utf8');

/** What the chart sets by itself, or by `kafkaTls`. */
const GIVEN_OTHERWISE = [
  'MILLRACE_HTTP_HOST',
  'MILLRACE_HTTP_PORT',
  'MILLRACE_KAFKA_CA_FILE',
  'MILLRACE_KAFKA_CERTIFICATE_FILE',
  'MILLRACE_KAFKA_KEY_FILE',
];

interface Values {
  settings: Record<string, string | number>;
  services: Record<string, { replicas: number }>;
  keda: Record<'ingest' | 'transform' | 'write', { min: number; max: number }>;
}

let values: Values;
let everything: Partial<Values>;
let schema: { properties: { settings: { propertyNames: { enum: string[] } } } };
beforeAll(async () => {
  values = parse(await readText('values.yaml'));
  everything = parse(await readText('ci/all-values.yaml'));
  schema = JSON.parse(await readText('values.schema.json'));
});

const problemsOf = (given: unknown) => z.fromJSONSchema(schema as never).safeParse(given).error?.issues ?? [];

describe("the chart's values", () => {
  test('fit their schema, and so do those of the check with everything switched on', () => {
    expect(problemsOf(values)).toEqual([]);
    expect(problemsOf({ ...values, settings: everything.settings, services: values.services })).toEqual([]);
  });

  test('are refused where a setting or a service is misspelt', () => {
    expect(problemsOf({ ...values, settings: { ...values.settings, MILLRACE_ROW_PARTITIONS: 3 } })).not.toEqual([]);
    expect(problemsOf({ ...values, services: { ...values.services, writer: { replicas: 1 } } })).not.toEqual([]);
  });

  test('take every setting of the services that is no secret and that the chart does not set itself', () => {
    const all = new Set(SERVICES.flatMap((service) => variablesOf(service).settings));
    for (const service of SERVICES) for (const secret of variablesOf(service).secrets) all.delete(secret);
    for (const name of GIVEN_OTHERWISE) all.delete(name);
    expect([...schema.properties.settings.propertyNames.enum].sort()).toEqual([...all].sort());
  });

  test.each(SERVICES)('of %s are accepted by the service, which is an app that is there', (service) => {
    const settings = Object.entries(values.settings).map(([name, value]) => [name, String(value)]);
    const secrets = Object.fromEntries(
      variablesOf(service).secrets.map((name) => [`${name}_FILE`, `/${name.replace('MILLRACE_', '').toLowerCase()}`]),
    );
    const user = { MILLRACE_KAFKA_SASL_MECHANISM: 'scram-sha-512', MILLRACE_KAFKA_USERNAME: 'millrace' };
    expect(() => settingsFrom(service, { ...Object.fromEntries(settings), ...user, ...secrets })).not.toThrow();
    expect(values.services).toHaveProperty(service);
    expect(existsSync(new URL(`../../../apps/${service}/main.ts`, CHART))).toBe(true);
  });

  test('scale no service beyond the partitions that its replicas can share', () => {
    const { ingest, transform, write } = values.keda;
    const { MILLRACE_READERS, MILLRACE_ROWS_PARTITIONS, MILLRACE_TOUCHES_PARTITIONS } = values.settings;
    expect([ingest.max, transform.max, write.max]).toEqual([
      MILLRACE_READERS,
      MILLRACE_ROWS_PARTITIONS,
      MILLRACE_TOUCHES_PARTITIONS,
    ]);
  });
});

describe("the chart's templates", () => {
  test('use values that there are', async () => {
    const files = (await readdir(new URL('templates/', CHART))).map((file) => readText(`templates/${file}`));
    const used = (await Promise.all(files)).join('\n').matchAll(/\.Values\.(\w+)(?:\.(\w+))?/g);
    const missing = [...used].filter(([, first = '', second]) => {
      const value = (values as unknown as Record<string, unknown>)[first];
      const isOpen = ['settings', 'services'].includes(first);
      return value === undefined || (second !== undefined && !isOpen && !(second in (value as object)));
    });
    expect(missing.map(([written]) => written)).toEqual([]);
  });

  test('ship the alerts and the dashboard that Compose has', async () => {
    const deploy = new URL('../../', CHART);
    expect(await readText('files/alerts.yml')).toBe(await readFile(new URL('prometheus/alerts.yml', deploy), 'utf8'));
    const dashboard = await readFile(new URL('grafana/dashboards/millrace.json', deploy), 'utf8');
    expect(await readText('files/dashboard.json')).toBe(dashboard);
  });
});
