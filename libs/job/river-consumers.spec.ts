import { expect, jest, test } from '@jest/globals';
import type { Log } from '#log';
import type { Plan } from '#model';
import { IncarnationNames } from '#stage';
import { RiverConsumers } from './river-consumers.js';
import { DEFAULT_TUNING } from './tuning.js';
import type { JobTimers } from './patience.js';

const NAMES = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
const TAKEN_OVER = new Error('another process has taken this job over');

function consumers() {
  const there = new Set<string>();
  const log = {
    create: async (topics) => topics.forEach(({ name }) => there.add(name)),
    remove: async (names) => names.forEach((name) => there.delete(name)),
  } satisfies Partial<Log>;
  const parts = {
    log: log as Partial<Log> as Log,
    names: NAMES,
    plan: { job: 'shop' } as Plan,
    partitions: { rows: 1, touches: 1, tasks: 1 },
    tuning: DEFAULT_TUNING,
    timers: {} as JobTimers,
  };
  return { there, consumers: new RiverConsumers(parts, () => undefined) };
}

const late = { wereMade: false, onMade: () => Promise.reject(TAKEN_OVER) };

test('who slept until its load was over takes away the topics that it makes', async () => {
  const { there, consumers: mine } = consumers();
  await expect(mine.create(late, async () => true)).rejects.toBe(TAKEN_OVER);
  expect([...there]).toEqual([]);
});

test('who lost the job to another process leaves it the topics of a load that goes on', async () => {
  const { there, consumers: mine } = consumers();
  await expect(mine.create(late, async () => false)).rejects.toBe(TAKEN_OVER);
  expect(there.size).toBe(4);
});

test('topics that a former run has made are not told of again', async () => {
  const onMade = jest.fn(async () => undefined);
  await consumers().consumers.create({ wereMade: true, onMade }, async () => true);
  expect(onMade).not.toHaveBeenCalled();
});
