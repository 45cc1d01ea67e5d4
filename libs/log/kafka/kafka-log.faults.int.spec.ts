import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { type Server, startKafka } from '#servers';
import { waitFor } from '#testing';
import type { Consumer, LogBatch } from '../log.js';
import { Gate, type Numbered, numbered, OPTIONS } from '../testing/log-kit.js';
import { KafkaLog } from './kafka-log.js';
import type { KafkaLogOptions, KafkaNotice } from './kafka-options.js';
import { Kafka, logLevel } from './kafkajs.js';

const DONE = { completed: Promise.resolve() };
const SESSION_MS = 6_000;
const PATIENCE = { timeoutMs: 45_000 };

let server: Server;
let topics = 0;

/** A broker of this file's own: it is killed, stopped for a while, and its topics are damaged. */
beforeAll(async () => {
  server = await startKafka();
});
afterAll(() => server?.stop());

function openLog(options: Partial<KafkaLogOptions> = {}): KafkaLog & AsyncDisposable {
  const log = new KafkaLog({
    brokers: [server.uri],
    clientId: 'faults',
    replicationFactor: 1,
    minInSyncReplicas: 1,
    sessionTimeoutMs: SESSION_MS,
    ...options,
  });
  return Object.assign(log, { [Symbol.asyncDispose]: () => log.close() });
}

async function topicOf(log: KafkaLog, partitions = 1): Promise<string> {
  const name = `faults.${++topics}`;
  await log.create([{ name, partitions }]);
  return name;
}

/** As the cluster knows it. */
const group = (topic: string): string => `${topic}.group`;

function collect(log: KafkaLog, topic: string, into: number[], options = OPTIONS): Promise<Consumer> {
  return log.consume<Numbered>(topic, 'group', options, async ({ records }) => {
    for (const { n } of records) into.push(n);
    return DONE;
  });
}

/** As an operator has it, beside the log. */
async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [server.uri], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

const deleteBelow = (topic: string, offset: string): Promise<void> =>
  withAdmin(async (admin) => {
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
  });

const committed = (topic: string, partition = 0): Promise<number> =>
  withAdmin(async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId: group(topic), topics: [topic] });
    return Number(found?.partitions.find((each) => each.partition === partition)?.offset);
  });

describe('the Kafka log when its group changes', () => {
  test('hands the partitions that a second member gets to it, and all records of a batch in flight again', async () => {
    await using a = openLog();
    await using b = openLog();
    const topic = await topicOf(a, 4);
    const begun: LogBatch<Numbered>[] = [];
    const first = await a.consume<Numbered>(topic, 'group', OPTIONS, async (batch) => {
      begun.push(batch);
      return { completed: new Promise<void>(() => undefined) };
    });
    await Promise.all([0, 1, 2, 3].map((partition) => a.append(topic, partition, numbered(partition * 10, 3))));
    await waitFor(() => begun.length === 4, PATIENCE);
    const seen: number[] = [];
    const second = await collect(b, topic, seen);
    await waitFor(() => seen.length >= 6, PATIENCE);
    const lost = begun.filter(({ signal }) => signal.aborted).map(({ partition }) => partition);
    expect(lost).toHaveLength(2);
    expect([...seen].sort((x, y) => x - y)).toEqual(
      lost.sort().flatMap((partition) => [0, 1, 2].map((i) => partition * 10 + i)),
    );
    await first.stop(10);
    await waitFor(() => seen.length === 12, PATIENCE);
    await second.stop(1_000);
  });

  test('goes on where it was in the partitions that it keeps, without handing over anything twice', async () => {
    await using a = openLog();
    await using b = openLog();
    const topic = await topicOf(a, 2);
    const seen = new Map<number, number[]>([
      [0, []],
      [1, []],
    ]);
    const handler = async ({ partition, records }: LogBatch<Numbered>) => {
      for (const { n } of records) seen.get(partition)?.push(n);
      return DONE;
    };
    const first = await a.consume<Numbered>(topic, 'group', OPTIONS, handler);
    let stop = false;
    let sent = 0;
    const writing = (async () => {
      for (; !stop; sent++) await Promise.all([0, 1].map((partition) => a.append(topic, partition, numbered(sent, 1))));
    })();
    const second = await b.consume<Numbered>(topic, 'group', OPTIONS, handler);
    await waitFor(() => sent > 200, PATIENCE);
    await second.stop(1_000);
    await waitFor(() => sent > 400, PATIENCE);
    stop = true;
    await writing;
    await waitFor(() => [...seen.values()].every((numbers) => numbers.includes(sent - 1)), PATIENCE);
    for (const numbers of seen.values()) expect([...new Set(numbers)]).toEqual(numbered(0, sent).map(({ n }) => n));
    const repeated = [...seen.values()].filter((numbers) => numbers.length > sent);
    expect(repeated.length).toBeLessThanOrEqual(1); // The one that moved; its records were not committed yet.
    await first.stop(1_000);
  });

  test('reads on in a partition that was full when it was lost, and came back', async () => {
    await using a = openLog();
    await using b = openLog();
    const topic = await topicOf(a, 2);
    const gate = new Gate();
    const seen = [new Set<number>(), new Set<number>()];
    let begun = 0;
    const first = await a.consume<Numbered>(topic, 'group', OPTIONS, async ({ partition, records }) => {
      begun++;
      await gate.opened;
      for (const { n } of records) seen[partition]?.add(n);
      return DONE;
    });
    const large = { bytes: 500_000, payload: 'x'.repeat(500_000) };
    for (let n = 0; n < 40; n++)
      await Promise.all([0, 1].map((partition) => a.append<Numbered>(topic, partition, [{ ...large, n } as Numbered])));
    await waitFor(() => begun === 2, PATIENCE);
    const second = await b.consume<Numbered>(topic, 'group', OPTIONS, () => new Promise(() => undefined));
    await second.stop(10);
    gate.open();
    await waitFor(() => seen.every((numbers) => numbers.size === 40), PATIENCE);
    await first.stop(1_000);
  });

  test('keeps a paused member in its group beyond the time in which a silent one loses its partitions', async () => {
    await using log = openLog();
    const topic = await topicOf(log);
    const seen: number[] = [];
    const reader = await collect(log, topic, seen);
    await log.append(topic, 0, numbered(0, 1));
    await waitFor(() => seen.length === 1, PATIENCE);
    const members = async () =>
      (await withAdmin((admin) => admin.describeGroups([group(topic)]))).groups[0]?.members ?? [];
    reader.pause();
    await log.append(topic, 0, numbered(1, 2));
    const before = (await members()).map(({ memberId }) => memberId);
    const began = Date.now();
    await waitFor(() => Date.now() - began > SESSION_MS + 3_000, PATIENCE);
    expect((await members()).map(({ memberId }) => memberId)).toEqual(before);
    expect(seen).toEqual([0]);
    reader.resume();
    await waitFor(() => seen.length === 3, PATIENCE);
    expect(seen).toEqual([0, 1, 2]);
    await reader.stop(1_000);
  });

  test('commits what a stopping member has completed, so that the next one begins behind it', async () => {
    await using log = openLog();
    const topic = await topicOf(log);
    const seen: number[] = [];
    const reader = await collect(log, topic, seen);
    await log.append(topic, 0, numbered(0, 5));
    await waitFor(() => seen.length === 5, PATIENCE);
    await reader.stop(1_000);
    expect(await committed(topic)).toBe(1);
    const again: number[] = [];
    const next = await collect(log, topic, again);
    await log.append(topic, 0, numbered(5, 1));
    await waitFor(() => again.length > 0, PATIENCE);
    expect(again).toEqual([5]);
    await next.stop(1_000);
  });
});

describe('the Kafka log when the broker is killed and comes back', () => {
  test('loses nothing and keeps the order, of what is appended and of what is read meanwhile', async () => {
    await using log = openLog();
    const partitions = [0, 1, 2];
    const topic = await topicOf(log, partitions.length);
    const seen = partitions.map((): number[] => []);
    const reader = await log.consume<Numbered>(topic, 'group', OPTIONS, async ({ partition, records }) => {
      for (const { n } of records) seen[partition]?.push(n);
      return DONE;
    });
    const appended: Promise<void>[] = [];
    let sent = 0;
    const append = (times: number): void => {
      for (let i = 0; i < times; i++, sent++)
        for (const partition of partitions) appended.push(log.append(topic, partition, numbered(sent, 1)));
    };
    append(100);
    await waitFor(() => seen.every((numbers) => numbers.length > 0), PATIENCE);
    await server.kill();
    append(100);
    await server.restart();
    append(100);
    await Promise.all(appended);
    await waitFor(() => seen.every((numbers) => numbers.includes(sent - 1)), PATIENCE);
    for (const numbers of seen) expect([...new Set(numbers)]).toEqual(numbered(0, sent).map(({ n }) => n));
    await reader.stop(1_000);
  }, 120_000);

  test('replaces a client that has been silent for too long, as often as it takes, and what was at work goes on', async () => {
    const notices: KafkaNotice[] = [];
    await using log = openLog({ stallTimeoutMs: 1_500, onNotice: (notice) => notices.push(notice) });
    const topic = await topicOf(log);
    const seen: number[] = [];
    const gate = new Gate();
    const reader = await log.consume<Numbered>(topic, 'group', OPTIONS, async ({ records }) => {
      for (const { n } of records) seen.push(n);
      return { completed: gate.opened };
    });
    await log.append(topic, 0, numbered(0, 1));
    await waitFor(() => seen.length === 1, PATIENCE);
    process.kill(server.pid, 'SIGSTOP');
    try {
      await waitFor(() => notices.filter(({ message }) => message.includes('silent')).length >= 3, PATIENCE);
      gate.open();
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await log.append(topic, 0, numbered(1, 3));
    await waitFor(() => seen.includes(3), PATIENCE);
    await log.completed(topic, 'group', new AbortController().signal);
    expect([...new Set(seen)]).toEqual([0, 1, 2, 3]);
    await reader.stop(1_000);
  }, 120_000);
});

describe('the Kafka log when a topic was damaged', () => {
  test('stops a reader whose unread records were deleted before it begins', async () => {
    await using log = openLog();
    const topic = await topicOf(log);
    const seen: number[] = [];
    const reader = await collect(log, topic, seen);
    await log.append(topic, 0, numbered(0, 1));
    await waitFor(async () => (await committed(topic)) === 1, PATIENCE);
    await reader.stop(1_000);
    for (let n = 1; n < 4; n++) await log.append(topic, 0, numbered(n, 1));
    await deleteBelow(topic, '3');
    const late = await collect(log, topic, seen);
    await expect(late.failed).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringContaining('deleted'),
    });
    expect(seen).toEqual([0]);
  });

  test('stops a reader of a topic that was made anew, while it runs and when it begins', async () => {
    await using log = openLog();
    const topic = await topicOf(log);
    const seen: number[] = [];
    const reader = await collect(log, topic, seen);
    for (let n = 0; n < 5; n++) await log.append(topic, 0, numbered(n, 1));
    await waitFor(async () => (await committed(topic)) === 5, PATIENCE);
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    await waitFor(async () => !(await withAdmin((admin) => admin.listTopics())).includes(topic), PATIENCE);
    await using other = openLog();
    await other.create([{ name: topic, partitions: 1 }]);
    await other.append(topic, 0, numbered(100, 1));
    await expect(reader.failed).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    const late = await collect(other, topic, seen);
    await expect(late.failed).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  }, 120_000);

  test('stops a reader whose topic is gone', async () => {
    await using log = openLog({ stallTimeoutMs: 4_000 });
    const topic = await topicOf(log);
    const reader = await collect(log, topic, []);
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    await expect(reader.failed).rejects.toMatchObject({ code: 'LOG_TOPIC_MISSING' });
    const completed = log.completed(topic, 'group', new AbortController().signal);
    await expect(completed).rejects.toMatchObject({ code: 'LOG_TOPIC_MISSING' });
  });

  test('stops at a message that is none of its own', async () => {
    await using log = openLog();
    const topic = await topicOf(log);
    const producer = new Kafka({ brokers: [server.uri], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ partition: 0, value: 'hello' }] });
    await producer.disconnect();
    const reader = await collect(log, topic, []);
    await expect(reader.failed).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringContaining('read'),
    });
    await reader.stop(1_000);
  });

  test('begins a group without an offset only where the log has its first record', async () => {
    await using log = openLog();
    const topic = await topicOf(log);
    for (let n = 0; n < 3; n++) await log.append(topic, 0, numbered(n, 1));
    await deleteBelow(topic, '2');
    const reader = await collect(log, topic, []);
    await expect(reader.failed).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringContaining('no offset'),
    });
  });
});

describe('the Kafka log with much at once', () => {
  test.each(['none', 'gzip'] as const)(
    'carries records larger than a message may be, compression %s',
    async (compression) => {
      await using log = openLog({ compression });
      const topic = await topicOf(log);
      const text = 'größer '.repeat(800_000);
      const records = [1, 2].map((n) => ({ bytes: 2 * text.length, n, text: text + String(n) }));
      const seen: { n: number; text: string }[] = [];
      const reader = await log.consume<(typeof records)[number]>(topic, 'group', OPTIONS, async (batch) => {
        seen.push(...batch.records);
        return DONE;
      });
      await Promise.all(records.map((record) => log.append(topic, 0, [record])));
      await waitFor(() => seen.length === 2, PATIENCE);
      expect(seen).toEqual(records);
      await reader.stop(1_000);
    },
  );

  test('does not read on while its handler has much to do', async () => {
    await using log = openLog();
    const topic = await topicOf(log);
    const payload = 'x'.repeat(500_000);
    const release: (() => void)[] = [];
    let open = false;
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 200; n += 20)
      await Promise.all(
        numbered(n, 20).map(({ n }) => log.append(topic, 0, [{ bytes: 500_000, n, payload } as Numbered])),
      );
    const seen: number[] = [];
    const reader = await log.consume<Numbered>(topic, 'group', OPTIONS, async ({ records }) => {
      for (const { n } of records) seen.push(n);
      if (!open) await new Promise<void>((resolve) => release.push(resolve));
      return DONE;
    });
    await waitFor(() => release.length > 0, PATIENCE);
    const began = Date.now();
    await waitFor(() => Date.now() - began > 2_000, PATIENCE);
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
    open = true;
    for (const go of release) go();
    await waitFor(() => seen.length === 200, PATIENCE);
    expect(seen).toEqual(numbered(0, 200).map(({ n }) => n));
    await reader.stop(1_000);
  });

  test('deletes what the only group of a topic has completed, and nothing else', async () => {
    await using log = openLog({ deleteEveryMs: 100 });
    const topic = await topicOf(log);
    const kept = await topicOf(log);
    const reader = await collect(log, topic, [], { ...OPTIONS, isOnlyGroup: true });
    const other = await collect(log, kept, []);
    for (const each of [topic, kept]) for (let n = 0; n < 3; n++) await log.append(each, 0, numbered(n, 1));
    const low = (name: string) => withAdmin(async (admin) => Number((await admin.fetchTopicOffsets(name))[0]?.low));
    await waitFor(async () => (await low(topic)) === 3, PATIENCE);
    await waitFor(async () => (await committed(kept)) === 3, PATIENCE);
    expect(await low(kept)).toBe(0);
    await reader.stop(1_000);
    await other.stop(1_000);
  });
});

describe('topics of the Kafka log', () => {
  test('are made so that nothing is dropped by age, size or key', async () => {
    await using log = openLog();
    const topic = await topicOf(log, 3);
    const { resources } = await withAdmin((admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] }),
    );
    const settings = Object.fromEntries(resources[0]?.configEntries.map((e) => [e.configName, e.configValue]) ?? []);
    expect(settings).toMatchObject({ 'retention.ms': '-1', 'retention.bytes': '-1', 'cleanup.policy': 'delete' });
    expect(settings['unclean.leader.election.enable']).toBe('false');
  });

  test('are refused where they could lose records, with the setting and what it must be', async () => {
    await using log = openLog();
    const topic = `faults.${++topics}`;
    const configEntries = [{ name: 'retention.ms', value: '3600000' }];
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] }));
    await expect(log.create([{ name: topic, partitions: 1 }])).rejects.toMatchObject({
      code: 'LOG_TOPIC_SETTINGS',
      message: expect.stringMatching(/retention\.ms=3600000 \(it must be -1\)/),
    });
  });

  test('are refused where the cluster has too few brokers for the copies', async () => {
    await using log = openLog({ replicationFactor: 3, minInSyncReplicas: 2 });
    await expect(log.create([{ name: `faults.${++topics}`, partitions: 1 }])).rejects.toMatchObject({
      code: 'LOG_TOPIC_SETTINGS',
      message: expect.stringContaining('3 copies'),
    });
  });

  test('are refused where more copies must have a record than there are, made here or before', async () => {
    const topic = `faults.${++topics}`;
    const unwritable = {
      code: 'LOG_TOPIC_SETTINGS',
      message: expect.stringMatching(/2 copies are to have a record .* each partition gets 1/),
    };
    await using log = openLog({ minInSyncReplicas: 2 });
    await expect(log.create([{ name: topic, partitions: 1 }])).rejects.toMatchObject(unwritable);
    expect(await withAdmin((admin) => admin.listTopics())).not.toContain(topic);
    const configEntries = [
      ['retention.ms', '-1'],
      ['retention.bytes', '-1'],
      ['message.timestamp.type', 'LogAppendTime'],
      ['min.insync.replicas', '2'],
    ].map(([name, value]) => ({ name: String(name), value: String(value) }));
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] }));
    await using other = openLog();
    await expect(other.create([{ name: topic, partitions: 1 }])).rejects.toMatchObject({
      code: 'LOG_TOPIC_SETTINGS',
      message: expect.stringContaining('min.insync.replicas=2 (it must be from 1 to 1, its copies)'),
    });
  });
});
