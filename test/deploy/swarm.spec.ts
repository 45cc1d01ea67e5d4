import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SERVICES } from '#config';
import { resolved } from './compose-services.js';
import { settingsFrom, unknownVariables, type Variables, variablesOf } from './environment.js';

const ROOT = new URL('../../', import.meta.url);
const GIVEN = { MILLRACE_KAFKA_BROKERS: 'b-1.example.com:9096', MILLRACE_IMAGE: 'millrace:0.1.0' };

interface Service {
  command: string[];
  environment: Variables;
  secrets: string[];
  stop_grace_period: string;
  deploy: { update_config: { order: string; parallelism: number; failure_action: string } };
}

let stack: { services: Record<string, Service>; secrets: Record<string, { external: boolean }> };
beforeAll(async () => {
  stack = parse(await readFile(new URL('deploy/swarm/stack.yml', ROOT), 'utf8'), { merge: true });
});

const environmentOf = (name: string): Variables =>
  Object.fromEntries(
    Object.entries(stack.services[name]?.environment ?? {}).map(([variable, value]) => [
      variable,
      resolved(value, GIVEN),
    ]),
  );

describe('the Swarm stack', () => {
  test("has Millrace's services and no other", () => {
    expect(Object.keys(stack.services).sort()).toEqual([...SERVICES].sort());
  });

  test.each(SERVICES)('%s is an app that is there, with settings that it knows and accepts', (name) => {
    const environment = environmentOf(name);
    expect(stack.services[name]?.command).toEqual(['node', `dist/apps/${name}/main.js`]);
    expect(existsSync(new URL(`apps/${name}/main.ts`, ROOT))).toBe(true);
    expect(unknownVariables(name, environment)).toEqual([]);
    expect(settingsFrom(name, environment)).toMatchObject({ httpHost: '0.0.0.0', kafkaTls: true });
  });

  test.each(SERVICES)('%s has its secrets in files, and is given each of these files', (name) => {
    const environment = environmentOf(name);
    expect(variablesOf(name).secrets.filter((secret) => secret in environment)).toEqual([]);
    const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
    const wanted = files.map((path) => path.replace('/run/secrets/', '')).sort();
    expect([...(stack.services[name]?.secrets ?? [])].sort()).toEqual(wanted);
    expect(wanted.filter((secret) => !stack.secrets[secret]?.external)).toEqual([]);
  });

  test.each(SERVICES)('%s drains before it is killed, and is updated one replica at a time', (name) => {
    const { stop_grace_period: grace, deploy } = stack.services[name] as Service;
    expect(Number.parseInt(grace, 10) * 1000).toBeGreaterThan(settingsFrom(name, environmentOf(name)).shutdownMs);
    expect(deploy.update_config).toMatchObject({ order: 'start-first', parallelism: 1, failure_action: 'rollback' });
  });
});
