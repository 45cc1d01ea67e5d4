import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SERVICES } from '#config';
import { readJobFile } from '#mapping';
import { composeServices, resolved } from './compose-services.js';
import { settingsFrom, unknownVariables, type Variables } from './environment.js';

const ROOT = new URL('../../', import.meta.url);
const readText = (path: string) => readFile(new URL(path, ROOT), 'utf8');
const exists = (path: string) => existsSync(new URL(path, ROOT));

interface Service {
  image: string;
  build?: string;
  command?: string[];
  environment?: Variables;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  volumes?: string[];
  ports?: string[];
  restart?: string;
  stop_grace_period?: string;
}

let text: string;
let services: Record<string, Service>;
beforeAll(async () => {
  text = await readText('docker-compose.yml');
  services = (parse(text, { merge: true }) as { services: Record<string, Service> }).services;
});

describe("Millrace's services in docker-compose.yml", () => {
  test.each(SERVICES)('%s is an app that is there, with settings that it knows and accepts', (name) => {
    const service = composeServices(text).find((one) => one.name === name);
    const { command = [], environment = {} } = service ?? {};
    expect(command).toEqual(['node', `dist/apps/${name}/main.js`]);
    expect(exists(`apps/${name}/main.ts`)).toBe(true);
    expect(unknownVariables(name, environment)).toEqual([]);
    expect(settingsFrom(name, environment)).toMatchObject({ httpHost: '0.0.0.0', kafkaReplicationFactor: 1 });
  });

  test.each(SERVICES)('%s drains before it is killed, and starts again where it fell', (name) => {
    const { shutdownMs } = settingsFrom(
      name,
      composeServices(text).find((one) => one.name === name)?.environment ?? {},
    );
    const service = services[name];
    expect(Number.parseInt(service?.stop_grace_period ?? '', 10) * 1000).toBeGreaterThan(shutdownMs);
    expect(service?.restart).toBe('unless-stopped');
  });

  test('read job files that name no variable beyond those that all of them have', async () => {
    const file = await readText('deploy/demo/shop.yaml');
    for (const { name, environment } of composeServices(text)) {
      const { problems } = readJobFile(file, { fileName: 'shop.yaml', env: environment, readSecretFile: () => '' });
      expect({ name, problems }).toEqual({ name, problems: undefined });
    }
  });
});

describe('docker-compose.yml', () => {
  test('waits only for services that are there and have a health to wait for', () => {
    for (const [name, { depends_on = {} }] of Object.entries(services)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const hasHealth = services[other]?.healthcheck !== undefined || services[other]?.build === '.';
        expect({ name, other, condition, hasHealth }).toEqual({
          name,
          other,
          condition: 'service_healthy',
          hasHealth: true,
        });
      }
    }
  });

  test('mounts files of the project that are there', () => {
    const mounted = Object.values(services).flatMap(({ volumes = [] }) => volumes);
    const ours = mounted.map((volume) => volume.split(':')[0] ?? '').filter((path) => path.startsWith('.'));
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.filter((path) => !exists(path))).toEqual([]);
  });

  test('publishes ports on the loopback interface only', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.map((port) => resolved(port, {})).sort()).toEqual([
      '127.0.0.1:3000:3000',
      '127.0.0.1:8080:8080',
      '127.0.0.1:9090:9090',
    ]);
  });

  test('pins every image to a version', () => {
    const images = Object.values(services).map(({ image }) => resolved(image, {}));
    expect(images.filter((image) => !/^[a-z/]+:(?:v?\d[\w.-]*|local)$/.test(image))).toEqual([]);
  });

  test('lets the command line find the console, with a token that the console takes', () => {
    const { environment = {} } = services['cli'] ?? {};
    const tokens = composeServices(text).at(-1)?.environment['MILLRACE_CONSOLE_TOKENS'];
    expect(environment['MILLRACE_SERVER']).toBe('http://console:8080');
    expect(tokens).toBe(`local:${resolved(environment['MILLRACE_TOKEN'] ?? '', {})}`);
  });
});
