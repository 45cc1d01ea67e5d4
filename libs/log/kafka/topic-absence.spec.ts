import { expect, test } from '@jest/globals';
import { GONE_AFTER_MS, TopicAbsence } from './topic-absence.js';

const UNKNOWN = Object.assign(new Error('unknown'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
const NO_LEADER = Object.assign(new Error('no leader'), { type: 'LEADER_NOT_AVAILABLE' });

function kit() {
  let nowMs = 0;
  const absence = new TopicAbsence('things', () => nowMs);
  return { absence, pass: (ms: number) => (nowMs += ms) };
}

test('a topic is not gone because one broker has not heard of it', () => {
  const { absence, pass } = kit();
  expect(absence.may(UNKNOWN)).toBe(true);
  pass(GONE_AFTER_MS - 1);
  expect(absence.may(UNKNOWN)).toBe(true);
});

test('a topic is gone where every answer says so for long enough', () => {
  const { absence, pass } = kit();
  absence.may(UNKNOWN);
  pass(GONE_AFTER_MS);
  expect(() => absence.may(UNKNOWN)).toThrow(expect.objectContaining({ code: 'LOG_TOPIC_MISSING' }));
});

test('another trouble in between begins the count anew, as while a broker starts', () => {
  const { absence, pass } = kit();
  absence.may(UNKNOWN);
  pass(GONE_AFTER_MS);
  expect(absence.may(NO_LEADER)).toBe(false);
  expect(absence.may(UNKNOWN)).toBe(true);
});
