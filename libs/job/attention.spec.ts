import { expect, test } from '@jest/globals';
import { phaseBefore } from './attention.js';
import type { JobRecord } from './job-record.js';

const AT = new Date(0);
const HISTORY = ['loading', 'building', 'paused', 'attention'].map((phase) => ({ phase, incarnation: 2, at: AT }));
const HELD = { incarnation: 2, paused: true, heldPhase: 'streaming', history: HISTORY } as unknown as JobRecord;

test('a job that came on while it was held goes on from there, whatever its history knows', () => {
  expect(phaseBefore(HELD)).toBe('streaming');
});

test('a job goes on from the last step of its load, of which holding it and needing a person are none', () => {
  expect(phaseBefore({ ...HELD, paused: false, heldPhase: null })).toBe('building');
  expect(phaseBefore({ ...HELD, heldPhase: 'attention' })).toBe('building');
  expect(phaseBefore({ ...HELD, paused: false, heldPhase: null, incarnation: 3 })).toBe('checking');
});
