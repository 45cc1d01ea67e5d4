import { expect, test } from '@jest/globals';
import { REAL_TIMERS } from '../lane.js';
import { turn } from '../testing/log-kit.js';
import { AssignedPartition, type KafkaMessage, partitionMaxBytes } from './assigned-partition.js';
import { Intake } from './intake.js';
import { encodeRecords } from './record.codec.js';

const MIB = 1024 * 1024;
/** What one fetch brings of a partition. */
const FETCH = MIB;
const BOUND = 16 * MIB;
const OPTIONS = { maxRecords: 10, maxBytes: MIB, maxUncompleted: 1 };

/** A consumer of partitions that all have a backlog, whose client fetches each that is not paused. */
function kit(count: number, messages: number) {
  const partitions = new Map<number, AssignedPartition>();
  const paused = new Set<number>();
  const working = new Map<number, () => void>();
  const completed = new Map<number, number>();
  const client = {
    pause: (index: number) => void paused.add(index),
    resume: (index: number) => void paused.delete(index),
  };
  const intake = new Intake(partitions, client, partitionMaxBytes(OPTIONS));
  for (let index = 0; index < count; index++) {
    completed.set(index, 0);
    const partition = new AssignedPartition({
      partition: index,
      options: OPTIONS,
      handler: () => new Promise((resolve) => working.set(index, () => resolve({ completed: Promise.resolve() }))),
      timers: REAL_TIMERS,
      taking: () => true,
      onCompleted: (progress) => {
        completed.set(index, progress.completed);
        intake.released();
      },
      onFailed: (error) => {
        throw error;
      },
    });
    partition.next = 0;
    partitions.set(index, partition);
  }
  let refused = 0;
  /** One response: a message of each partition that was not paused when it came. */
  const fetch = () => {
    const asked = [...partitions].filter(([index]) => !paused.has(index));
    for (const [index, partition] of asked) {
      const next = partition.next as number;
      if (next >= messages) continue;
      if (intake.admits(index)) {
        partition.take([messageAt(next)], messages);
        intake.taken();
      } else refused++;
    }
  };
  const queued = () => [...partitions.values()].reduce((sum, { queuedBytes }) => sum + queuedBytes, 0);
  const work = async (index: number) => {
    const end = working.get(index);
    working.delete(index);
    end?.();
    await turn();
  };
  return { partitions, paused, completed, fetch, queued, work, intake, refusals: () => refused };
}

function messageAt(offset: number): KafkaMessage {
  return { offset: String(offset), timestamp: '0', value: encodeRecords([{ bytes: FETCH }]) };
}

test('under a backlog, what all partitions have queued stays within one bound, and each of them goes on', async () => {
  const messages = 6;
  for (const count of [1, 6, 24]) {
    const { fetch, queued, work, completed } = kit(count, messages);
    let most = 0;
    for (let round = 0; [...completed.values()].some((offset) => offset < messages); round++) {
      expect(round).toBeLessThan(messages + 1);
      for (let fetches = 0; fetches < 10; fetches++) fetch();
      await turn();
      most = Math.max(most, queued());
      for (let index = 0; index < count; index++) await work(index);
    }
    expect(most).toBeLessThanOrEqual(Math.max(BOUND, count * FETCH));
    expect(most).toBeGreaterThan(Math.min(count * 4 * MIB, BOUND) - FETCH);
  }
});

test('a partition whose handler does not end takes nothing from the others but its share', async () => {
  const messages = 20;
  const { fetch, queued, work, completed } = kit(8, messages);
  for (let round = 0; round < messages; round++) {
    for (let fetches = 0; fetches < 10; fetches++) fetch();
    await turn();
    expect(queued()).toBeLessThanOrEqual(BOUND + 8 * FETCH);
    for (const index of [4, 5, 6, 7]) await work(index);
  }
  expect([...completed.values()]).toEqual([0, 0, 0, 0, 20, 20, 20, 20]);
});

test('what a partition that is given up had queued is room for the others', async () => {
  const { fetch, queued, work, completed, partitions, paused, intake } = kit(8, 8);
  for (let fetches = 0; fetches < 10; fetches++) fetch();
  await turn();
  expect([...paused].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const index of [1, 2, 3, 4, 5, 6, 7]) {
    partitions.get(index)?.leave(new Error('given up'));
    partitions.delete(index);
  }
  intake.released();
  expect([...paused]).not.toContain(0);
  for (let round = 0; round < 8; round++) {
    fetch();
    await turn();
    await work(0);
  }
  expect([completed.get(0), queued()]).toEqual([8, 0]);
});

test('what shared its response with what used the bound up is refused, and comes again', async () => {
  const { fetch, work, completed, refusals } = kit(6, 4);
  for (let round = 0; round < 4; round++) {
    for (let fetches = 0; fetches < 10; fetches++) fetch();
    await turn();
    for (let index = 0; index < 6; index++) await work(index);
  }
  expect(refusals()).toBeGreaterThan(0);
  expect([...completed.values()]).toEqual([4, 4, 4, 4, 4, 4]);
});
