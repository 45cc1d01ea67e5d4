import { expect, test } from '@jest/globals';
import type { Admin, EachBatchPayload, Kafka } from 'kafkajs';
import { REAL_TIMERS } from '../lane.js';
import { Gate, type Numbered, numbered, OPTIONS, turn } from '../testing/log-kit.js';
import type { LogBatch, LogRecord } from '../log.js';
import { KafkaConsumer } from './kafka-consumer.js';
import { encodeRecords } from './record.codec.js';
import { metadataOf } from './start-offsets.js';

const TOPIC = 'topic';
const MEMBER = 'member';

/** The client and the cluster, as far as a change of the group goes: with a broker, its moment cannot be chosen. */
function cluster() {
  const committed = new Map([[0, 0]]);
  const sought: number[] = [];
  const commits: number[] = [];
  const listeners = new Map<string, (event: { payload: unknown }) => void>();
  let eachBatch: (payload: EachBatchPayload) => Promise<void> = async () => undefined;
  let reading: Gate | undefined;
  const consumer = {
    events: { GROUP_JOIN: 'join', FETCH: 'fetch', HEARTBEAT: 'heartbeat', CRASH: 'crash' },
    on: (event: string, run: (event: { payload: unknown }) => void) => listeners.set(event, run),
    connect: async () => undefined,
    subscribe: async () => undefined,
    run: async (config: { eachBatch: typeof eachBatch }) => {
      eachBatch = config.eachBatch;
    },
    seek: ({ offset }: { offset: string }) => sought.push(Number(offset)),
    pause: () => undefined,
    resume: () => undefined,
    disconnect: async () => undefined,
  };
  const admin = {
    fetchOffsets: async () => {
      await reading?.opened;
      const partitions = [...committed].map(([partition, offset]) => {
        return { partition, offset: String(offset), metadata: metadataOf(offset) };
      });
      return [{ topic: TOPIC, partitions }];
    },
    fetchTopicOffsets: async () => [{ partition: 0, low: '0', high: '100' }],
    listTopics: async () => [TOPIC],
  };
  return {
    kafka: { consumer: () => consumer } as unknown as Kafka,
    admin: admin as unknown as Admin,
    committed,
    sought,
    commits,
    hold: () => {
      reading = new Gate();
      return reading;
    },
    join: () => listeners.get('join')?.({ payload: { memberId: MEMBER, memberAssignment: { [TOPIC]: [0] } } }),
    deliver: async (from: number, count: number): Promise<boolean> => {
      let resolved = false;
      const messages = numbered(from, count).map((record) => {
        return { offset: String(record.n), timestamp: '0', value: encodeRecords([record]) };
      });
      await eachBatch({
        batch: { partition: 0, messages, highWatermark: '100', lastOffset: () => String(from + count - 1) },
        resolveOffset: () => {
          resolved = true;
        },
        commitOffsetsIfNecessary: async ({ topics }: { topics: { partitions: { offset: string }[] }[] }) => {
          const offset = Number(topics[0]?.partitions[0]?.offset);
          commits.push(offset);
          committed.set(0, offset);
        },
      } as unknown as EachBatchPayload);
      return resolved;
    },
  };
}

async function kit() {
  const outside = cluster();
  const batches: (LogBatch<Numbered> & { end: () => void })[] = [];
  const due: (() => void)[] = [];
  const consumer = new KafkaConsumer({
    kafka: outside.kafka,
    admin: async () => outside.admin,
    topic: TOPIC,
    group: 'group',
    options: { ...OPTIONS, maxRecords: 1, maxUncompleted: 1 },
    handler: async (batch: LogBatch<LogRecord>) => {
      const gate = new Gate();
      batches.push({ ...(batch as LogBatch<Numbered>), end: gate.open });
      return { completed: gate.opened };
    },
    sessionTimeoutMs: 6_000,
    stallTimeoutMs: 1_000_000,
    deleteEveryMs: undefined,
    // Commits are made when a test says so; nothing else here waits for a time.
    timers: {
      setTimeout: (run, ms) => (ms === 200 ? due.push(run) : REAL_TIMERS.setTimeout(run, ms)),
      clearTimeout: (timer) => typeof timer === 'object' && REAL_TIMERS.clearTimeout(timer),
    },
    now: () => 0,
    onNotice: () => undefined,
  });
  const starting = consumer.start();
  await turn();
  outside.join();
  await starting;
  const commit = async () => {
    for (const run of due.splice(0)) run();
    await turn();
  };
  const complete = async (batch: number) => {
    batches[batch]?.end();
    await turn();
  };
  return { ...outside, consumer, batches, commit, complete };
}

test('a kept partition that another member had meanwhile is taken anew, where that one has come to', async () => {
  const { committed, commits, batches, consumer, ...group } = await kit();
  expect(await group.deliver(0, 5)).toBe(true);
  await turn();
  await group.complete(0);
  const reading = group.hold();
  committed.set(0, 4); // The other one's.
  group.join();
  await group.commit();
  expect(commits).toEqual([]);
  const delivering = group.deliver(4, 2);
  reading.open();
  expect(await delivering).toBe(true);
  await group.commit();
  await group.complete(1);
  await group.commit();
  expect(batches[1]?.signal.aborted).toBe(true);
  expect([batches.at(-1)?.records.map(({ n }) => n), batches.at(-1)?.signal.aborted]).toEqual([[4], false]);
  expect(commits).toEqual([]);
  await group.complete(2);
  await group.commit();
  expect(commits).toEqual([5]);
  await consumer.stop(0);
});

test('a kept partition that nobody else had goes on where its queue ends', async () => {
  const { committed, commits, batches, sought, consumer, ...group } = await kit();
  expect(await group.deliver(0, 3)).toBe(true);
  await turn();
  await group.complete(0);
  await group.commit();
  expect([commits, committed.get(0)]).toEqual([[1], 1]);
  group.join();
  await turn();
  expect(sought).toEqual([3]);
  expect(await group.deliver(3, 1)).toBe(true);
  for (const batch of [1, 2, 3]) await group.complete(batch);
  expect(batches.map(({ records }) => records[0]?.n)).toEqual([0, 1, 2, 3]);
  expect(batches.some(({ signal }) => signal.aborted)).toBe(false);
  await group.commit();
  expect(commits).toEqual([1, 4]);
  await consumer.stop(0);
});
