import { describe, expect, test } from '@jest/globals';
import { readServiceSettings, type ServiceName } from './service-settings.js';

const BASE = { MILLRACE_STATE_URI: 'mongodb://mongo/?replicaSet=rs0', MILLRACE_KAFKA_BROKERS: 'kafka:9092' };
const REDIS = { ...BASE, MILLRACE_REDIS_URI: 'redis://redis:6379' };
const SECRET = 'geheim';

function read(env: Record<string, string>, service: ServiceName = 'ingest') {
  return readServiceSettings(service, env, () => SECRET);
}

/** What is wrong, one problem each. */
function problems(env: Record<string, string>, service: ServiceName = 'ingest'): string[] {
  try {
    read(env, service);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', exit: 2 });
    const { message, context } = error as { message: string; context: { settings: string[] } };
    expect(message).toBe(context.settings.join('; '));
    expect(message).not.toContain(SECRET);
    return context.settings;
  }
}

describe('settings of the services', () => {
  test.each<[string, Record<string, string>]>([
    ['nothing but what must be set', {}],
    ['TLS by the system’s authorities', { MILLRACE_KAFKA_TLS: '1' }],
    [
      'TLS with files, and a user',
      {
        MILLRACE_KAFKA_TLS: '1',
        MILLRACE_KAFKA_CA_FILE: '/ca',
        MILLRACE_KAFKA_CERTIFICATE_FILE: '/crt',
        MILLRACE_KAFKA_KEY_FILE: '/key',
        MILLRACE_KAFKA_SASL_MECHANISM: 'plain',
        MILLRACE_KAFKA_USERNAME: 'user',
        MILLRACE_KAFKA_PASSWORD_FILE: '/run/secrets/password',
      },
    ],
    ['a copy each', { MILLRACE_KAFKA_REPLICATION_FACTOR: '1', MILLRACE_KAFKA_MIN_IN_SYNC_REPLICAS: '1' }],
  ])('are taken: %s', (_, env) => {
    expect(problems({ ...BASE, ...env })).toEqual([]);
  });

  test.each<[string, Record<string, string>, string[]]>([
    [
      'more copies in sync than there are',
      { MILLRACE_KAFKA_REPLICATION_FACTOR: '1' },
      ['MILLRACE_KAFKA_MIN_IN_SYNC_REPLICAS must not be above MILLRACE_KAFKA_REPLICATION_FACTOR (1)'],
    ],
    [
      'authorities without TLS',
      { MILLRACE_KAFKA_CA_FILE: '/ca' },
      ['MILLRACE_KAFKA_CA_FILE has no effect without TLS: set MILLRACE_KAFKA_TLS to 1'],
    ],
    [
      'a client certificate without TLS',
      { MILLRACE_KAFKA_TLS: '0', MILLRACE_KAFKA_CERTIFICATE_FILE: '/crt', MILLRACE_KAFKA_KEY_FILE: '/key' },
      ['MILLRACE_KAFKA_CERTIFICATE_FILE has no effect', 'MILLRACE_KAFKA_KEY_FILE has no effect'],
    ],
    [
      'a client certificate without its key',
      { MILLRACE_KAFKA_TLS: '1', MILLRACE_KAFKA_CERTIFICATE_FILE: '/crt' },
      ['MILLRACE_KAFKA_KEY_FILE must be set with MILLRACE_KAFKA_CERTIFICATE_FILE'],
    ],
    [
      'a key without its client certificate',
      { MILLRACE_KAFKA_TLS: '1', MILLRACE_KAFKA_KEY_FILE: '/key' },
      ['MILLRACE_KAFKA_CERTIFICATE_FILE must be set with MILLRACE_KAFKA_KEY_FILE'],
    ],
    [
      'a mechanism without a user',
      { MILLRACE_KAFKA_SASL_MECHANISM: 'plain', MILLRACE_KAFKA_PASSWORD: SECRET },
      ['MILLRACE_KAFKA_USERNAME must be set with MILLRACE_KAFKA_SASL_MECHANISM'],
    ],
    [
      'a user without a password',
      { MILLRACE_KAFKA_SASL_MECHANISM: 'scram-sha-256', MILLRACE_KAFKA_USERNAME: SECRET },
      ['MILLRACE_KAFKA_PASSWORD must be set with MILLRACE_KAFKA_SASL_MECHANISM'],
    ],
    [
      'a user and a password without a mechanism',
      { MILLRACE_KAFKA_USERNAME: SECRET, MILLRACE_KAFKA_PASSWORD_FILE: '/run/secrets/password' },
      [
        'MILLRACE_KAFKA_USERNAME has no effect without MILLRACE_KAFKA_SASL_MECHANISM: set that to plain or scram',
        'MILLRACE_KAFKA_PASSWORD has no effect',
      ],
    ],
    [
      'several at once',
      { MILLRACE_KAFKA_MIN_IN_SYNC_REPLICAS: '4', MILLRACE_KAFKA_KEY_FILE: '/key', MILLRACE_KAFKA_PASSWORD: SECRET },
      ['MILLRACE_KAFKA_MIN_IN_SYNC_REPLICAS', 'MILLRACE_KAFKA_KEY_FILE', 'MILLRACE_KAFKA_PASSWORD'],
    ],
  ])('are refused where they contradict each other, by name and mend: %s', (_, env, expected) => {
    const found = problems({ ...BASE, ...env });
    expect(found).toEqual(expected.map((start) => expect.stringContaining(start)));
  });

  test.each([
    ['redis://redis:6379', 0],
    ['redis://:geheim@redis:6379', 0],
    ['rediss://user:geheim@redis:6379/2', 0],
    ['redis://geheim@redis:6379', 1],
    ['rediss://geheim:@redis:6379', 1],
  ])('of Redis are refused where a user has no password: %s', (uri, count) => {
    const found = problems({ ...REDIS, MILLRACE_REDIS_URI: uri }, 'dead-letter');
    expect(found).toHaveLength(count);
    if (count > 0) expect(found[0]).toContain('MILLRACE_REDIS_URI must have a password beside its user');
  });
});
