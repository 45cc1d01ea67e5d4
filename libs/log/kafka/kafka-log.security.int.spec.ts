import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KafkaOptions, startKafka } from '#servers';
import { makeCertificates, waitFor } from '#testing';
import type { LogRecord } from '../log.js';
import { KafkaLog } from './kafka-log.js';
import type { KafkaLogOptions } from './kafka-options.js';

const SECRET = 'a-secret-word';
const USER = { username: 'millrace', password: SECRET };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-tls-'));
  makeCertificates(folder, { broker: 'IP:127.0.0.1' });
});
afterAll(() => rmSync(folder, { recursive: true }));

const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
const tls = () => ({ certificate: pem('broker.crt'), key: pem('broker.key'), ca: pem('ca.crt') });

function openLog(broker: string, options: Partial<KafkaLogOptions>): KafkaLog & AsyncDisposable {
  const common = { clientId: 'security', replicationFactor: 1, minInSyncReplicas: 1, sessionTimeoutMs: 10_000 };
  const log = new KafkaLog({ brokers: [broker], ...common, ...options });
  return Object.assign(log, { [Symbol.asyncDispose]: () => log.close() });
}

const TOPIC = [{ name: 'secured', partitions: 1 }];

async function carries(log: KafkaLog): Promise<void> {
  await log.create(TOPIC);
  const seen: LogRecord[] = [];
  const options = { maxRecords: 10, maxBytes: 1_000_000, maxUncompleted: 1 };
  const reader = await log.consume('secured', 'secured.group', options, async ({ records }) => {
    seen.push(...records);
    return { completed: Promise.resolve() };
  });
  await log.append('secured', 0, [{ bytes: 7 }]);
  await waitFor(() => seen.length > 0, { timeoutMs: 30_000 });
  await reader.stop(1_000);
}

async function refusal(log: KafkaLog): Promise<{ code: string; text: string }> {
  const error = await log.create(TOPIC).then(
    () => undefined,
    (reason) => reason,
  );
  return { code: error?.code, text: `${error?.message} ${error?.remedy} ${JSON.stringify(error?.context)}` };
}

describe('the Kafka log and a broker that demands', () => {
  test('TLS and SCRAM: carries records with both, and is refused with a clear word without', async () => {
    const options: KafkaOptions = { tls: tls(), sasl: { mechanism: 'SCRAM-SHA-512', ...USER } };
    await using server = await startKafka(options);
    const sasl = { mechanism: 'scram-sha-512', ...USER } as const;
    const trusted = { ca: pem('ca.crt') };
    {
      await using log = openLog(server.uri, { tls: trusted, sasl });
      await carries(log);
    }
    {
      await using log = openLog(server.uri, { tls: trusted, sasl: { ...sasl, password: 'wrong-secret' } });
      const { code, text } = await refusal(log);
      expect(code).toBe('LOG_REFUSED');
      expect(text).not.toContain('wrong-secret');
    }
    {
      await using log = openLog(server.uri, { tls: { ca: pem('other.crt') }, sasl });
      const { code, text } = await refusal(log);
      expect([code, text]).toEqual(['LOG_UNREACHABLE', expect.stringMatching(/CERT|SIGNATURE/)]);
    }
  }, 180_000);

  test('PLAIN: carries records with it, and refuses a wrong password', async () => {
    await using server = await startKafka({ sasl: { mechanism: 'PLAIN', ...USER } });
    const sasl = { mechanism: 'plain', ...USER } as const;
    {
      await using log = openLog(server.uri, { sasl });
      await carries(log);
    }
    await using log = openLog(server.uri, { sasl: { ...sasl, password: 'wrong-secret' } });
    expect((await refusal(log)).code).toBe('LOG_REFUSED');
  }, 180_000);
});
