import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SERVICES } from '#config';
import { composeServices, type RealAddresses } from './compose-services.js';

const REAL: RealAddresses = {
  kafka: '127.0.0.1:1',
  mongo: '127.0.0.1:2/?replicaSet=test',
  redis: '127.0.0.1:3',
  postgres: 'postgres@127.0.0.1:4/shop',
};

let text: string;
beforeAll(async () => {
  text = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
});

describe('the services that are read from docker-compose.yml', () => {
  test("are Millrace's own, each with its command and as many replicas as the file says", () => {
    const services = composeServices(text);
    expect(services.map(({ name }) => name)).toEqual([...SERVICES]);
    expect(services[0]).toMatchObject({ command: ['node', 'dist/apps/ingest/main.js'], replicas: 1 });
  });

  test('have the variables that they share, and their own, with defaults', () => {
    const [ingest, , , deadLetter, console] = composeServices(text);
    expect(ingest?.environment).toMatchObject({
      MILLRACE_KAFKA_BROKERS: 'kafka:9092',
      MILLRACE_KAFKA_REPLICATION_FACTOR: '1',
      MILLRACE_LOG_LEVEL: 'info',
    });
    expect(ingest?.environment).not.toHaveProperty('MILLRACE_REDIS_URI');
    expect(deadLetter?.environment['MILLRACE_REDIS_URI']).toBe('redis://redis:6379');
    expect(console?.environment['MILLRACE_CONSOLE_TOKENS']).toMatch(/^local:\S{16,}$/);
  });

  test('take what the shell says, as docker compose does, and the default where that is empty', () => {
    const variables = { TRANSFORM_REPLICAS: '3', WRITE_REPLICAS: '', MILLRACE_LOG_LEVEL: 'debug' };
    const [, transform, write] = composeServices(text, { variables });
    expect([transform?.replicas, write?.replicas]).toEqual([3, 1]);
    expect(write?.environment['MILLRACE_LOG_LEVEL']).toBe('debug');
  });

  test('have real addresses in the place of those of the containers', () => {
    const [ingest, , , deadLetter] = composeServices(text, { addresses: REAL });
    expect(ingest?.environment).toMatchObject({
      MILLRACE_KAFKA_BROKERS: '127.0.0.1:1',
      MILLRACE_STATE_URI: 'mongodb://127.0.0.1:2/?replicaSet=test',
      SHOP_MONGO_URI: 'mongodb://127.0.0.1:2/?replicaSet=test',
      SHOP_PG_URI: 'postgresql://postgres@127.0.0.1:4/shop',
    });
    expect(deadLetter?.environment['MILLRACE_REDIS_URI']).toBe('redis://127.0.0.1:3');
  });

  test('name no container that the table lacks', () => {
    const another = text.replace('redis://redis:6379', 'redis://redis:6380');
    expect(() => composeServices(another, { addresses: REAL })).toThrow(
      'MILLRACE_REDIS_URI of dead-letter names redis, which is not in the table',
    );
  });

  test('need every variable that has no default', () => {
    const another = text.replace('${MILLRACE_LOG_LEVEL:-info}', '${LEVEL:?the level}');
    expect(() => composeServices(another)).toThrow('LEVEL: the level');
    expect(composeServices(another, { variables: { LEVEL: 'warn' } })[0]?.environment['MILLRACE_LOG_LEVEL']).toBe(
      'warn',
    );
  });
});
