import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Admin, Kafka as Client } from 'kafkajs';
import { type Server, startKafka } from '#servers';
import { waitFor } from '#testing';
import { Gate, type Numbered, numbered, OPTIONS } from '../testing/log-kit.js';
import { KafkaLog } from './kafka-log.js';
import { Kafka, logLevel } from './kafkajs.js';

/** What the simulated broker takes a real one to do. */

const PATIENCE = { timeoutMs: 45_000 };
const GIVEN_UP_MS = 1_000;
const MANY = 40;

let server: Server;
let client: Client;
let admin: Admin;
let topics = 0;

beforeAll(async () => {
  server = await startKafka();
  client = new Kafka({
    brokers: [server.uri],
    logLevel: logLevel.NOTHING,
    requestTimeout: GIVEN_UP_MS,
    enforceRequestTimeout: true,
    retry: { retries: 0 },
  });
  admin = new Kafka({ brokers: [server.uri], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(async () => {
  await admin.disconnect();
  await server.stop();
});

async function made(): Promise<string> {
  const topic = `broker.${++topics}`;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  return topic;
}

const ends = async (topic: string) => (await admin.fetchTopicOffsets(topic))[0];

test('an append that was given up arrives all the same, and a second time where it is sent again', async () => {
  const topic = await made();
  const producer = client.producer();
  await producer.connect();
  const send = (value: string) => producer.send({ topic, messages: [{ partition: 0, value }] });
  await send('before');
  process.kill(server.pid, 'SIGSTOP');
  try {
    await expect(send('given up')).rejects.toMatchObject({ name: expect.stringMatching(/Timeout|Retries/) });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await waitFor(async () => (await ends(topic))?.high === '2', PATIENCE);
  await waitFor(() => send('given up'), PATIENCE);
  expect(await ends(topic)).toMatchObject({ low: '0', high: '3' });
  await producer.disconnect();
});

test('what a group has committed of a topic is gone with the topic', async () => {
  const topic = await made();
  const groupId = `${topic}.group`;
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] });
  const committed = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset;
  expect(await committed()).toBe('0');
  await admin.deleteTopics({ topics: [topic] });
  await waitFor(async () => !(await admin.listTopics()).includes(topic), PATIENCE);
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  expect(await committed()).toBe('-1');
});

test('a reader whose unread records are deleted while it reads is stopped, and handed nothing behind them', async () => {
  const options = { clientId: 'broker', replicationFactor: 1, minInSyncReplicas: 1, sessionTimeoutMs: 10_000 };
  await using log = closed(new KafkaLog({ brokers: [server.uri], ...options }));
  const topic = `broker.${++topics}`;
  await log.create([{ name: topic, partitions: 1 }]);
  const gate = new Gate();
  const seen: number[] = [];
  const reader = await log.consume<Numbered>(topic, 'group', OPTIONS, async ({ records }) => {
    await gate.opened;
    for (const { n } of records) seen.push(n);
    return { completed: Promise.resolve() };
  });
  // More than it reads ahead while its handler has not come round to anything.
  const payload = 'x'.repeat(500_000);
  for (let n = 0; n < MANY; n++) await log.append(topic, 0, [{ bytes: 500_000, n, payload } as Numbered]);
  expect(await ends(topic)).toMatchObject({ high: String(MANY) });
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(MANY) }] });
  await log.append(topic, 0, numbered(MANY, 1));
  gate.open();
  await expect(reader.failed).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  expect(seen).toEqual(numbered(0, seen.length).map(({ n }) => n));
  expect(seen.length).toBeLessThan(MANY);
});

const closed = (log: KafkaLog): KafkaLog & AsyncDisposable =>
  Object.assign(log, { [Symbol.asyncDispose]: () => log.close() });
