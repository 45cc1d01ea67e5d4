import { expect, test } from '@jest/globals';
import type { Happening } from '../happening.js';
import { committed, jobRecord, Watching } from './watching.js';

const fault = (name: string): Happening => ({ kind: 'fault', name });
const attention = (code: string): Happening => committed('ingest', 'patch', [jobRecord({ attention: { code } })]);

test.each([
  ['F31', 'the slot is lost', 'SLOT_LOST'],
  ['F32', 'the source fails over', 'SLOT_MISSING'],
  ['F32', 'the source fails over', 'SOURCE_CHANGED'],
  ['F33', 'the source is restored', 'SOURCE_CHANGED'],
  ['F41 made anew', 'a topic is made anew', 'LOG_DAMAGED'],
  ['F41 cut', 'a topic is cut', 'LOG_DAMAGED'],
])('%s: %s, and a person is told %s', (counter, name, code) => {
  expect(new Watching().see(fault(name), attention('SCHEMA_CHANGED')).times(counter)).toBe(0);
  expect(new Watching().see(attention(code)).times(counter)).toBe(0);
  expect(new Watching().see(fault(name)).times(counter)).toBe(0);
  expect(new Watching().see(fault(name), attention(code), attention(code)).times(counter)).toBe(1);
});

test('F48: a process goes on that stood still for a minute', () => {
  const wentOn = (stoodStillMs: number): Happening => ({ kind: 'went on', process: 'a', stoodStillMs });
  expect(new Watching().see(wentOn(59_999)).times('F48')).toBe(0);
  expect(new Watching().see(wentOn(60_000)).times('F48')).toBe(1);
});

test('F51 finds where verify has found damage', () => {
  expect(new Watching().see({ kind: 'damage is found' }).times('F51 finds')).toBe(1);
});

test('F51 and F52 are told by who looks at the end', () => {
  const watching = new Watching();
  expect([watching.times('F51'), watching.times('F52')]).toEqual([0, 0]);
  watching.see({ kind: 'verified under traffic' }, { kind: 'at rest with a replica less' });
  expect([watching.times('F51'), watching.times('F52')]).toEqual([1, 1]);
});
