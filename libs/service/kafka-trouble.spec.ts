import { expect, test } from '@jest/globals';
import { REAL_JOB_TIMERS } from '#compose';
import { kafkaTrouble } from './kafka-trouble.js';

const FAILED = {
  level: 'error',
  message: 'Connection error: connect ECONNREFUSED 10.0.0.1:9092',
  context: { broker: 'b:9092' },
} as const;

function kafka() {
  const told: (string | undefined)[] = [];
  let quiet: (() => void) | undefined;
  const timers = {
    ...REAL_JOB_TIMERS,
    setTimeout: (run: () => void) => {
      quiet = run;
    },
    clearTimeout: () => {
      quiet = undefined;
    },
  };
  const { notice, stop } = kafkaTrouble((message) => told.push(message), timers);
  return { told, notice, stop, quiet: () => quiet?.() };
}

test('brokers that cannot be reached again and again are trouble, until nothing is heard of it for a while', () => {
  const { told, notice, quiet } = kafka();
  notice(FAILED);
  notice(FAILED);
  expect(told).toEqual([]);
  notice(FAILED);
  expect(told).toEqual(['Kafka cannot be reached: ECONNREFUSED']);
  quiet();
  expect(told.at(-1)).toBeUndefined();
  notice(FAILED);
  expect(told).toHaveLength(2);
});

test.each([
  ['what a broker answers', { ...FAILED, message: 'Response Metadata(key: 3)' }],
  ['what a group goes through', { level: 'error', message: 'Crash: rebalance', context: { groupId: 'g' } }],
  ['a warning', { ...FAILED, level: 'warn' }],
] as const)('%s is none', (_, other) => {
  const { told, notice } = kafka();
  for (let i = 0; i < 9; i++) notice(other);
  expect(told).toEqual([]);
});

test('of a job that is given up nothing is told later, also not that it is over', () => {
  const { told, notice, stop, quiet } = kafka();
  for (let i = 0; i < 3; i++) notice(FAILED);
  stop();
  expect(told).toEqual(['Kafka cannot be reached: ECONNREFUSED', undefined]);
  quiet();
  for (let i = 0; i < 3; i++) notice(FAILED);
  expect(told).toHaveLength(2);
});
