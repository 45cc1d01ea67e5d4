import { expect, test } from '@jest/globals';
import type { Happening } from '../happening.js';
import { committed, jobRecord, Watching } from './watching.js';

const fault = (name: string): Happening => ({ kind: 'fault', name });
const attention = (code: string): Happening => committed('ingest', 'patch', [jobRecord({ attention: { code } })]);

test.each([
  ['F32', 'the source fails over', 'SLOT_MISSING'],
  ['F32', 'the source fails over', 'SOURCE_CHANGED'],
  ['F33', 'the source is restored', 'SOURCE_CHANGED'],
  ['F39 a column dropped', 'a column is dropped', 'SOURCE_SCHEMA_CHANGED'],
  ['F39 a column renamed', 'a column is renamed', 'SOURCE_SCHEMA_CHANGED'],
  ['F39 a table renamed', 'a table is renamed', 'SOURCE_SCHEMA_CHANGED'],
  ['F41 made anew', 'a topic is made anew', 'LOG_DAMAGED'],
  ['F46', 'a topic gets another partition', 'LOG_PARTITIONS_DIFFER'],
  ['F41 cut', 'a topic is cut', 'LOG_DAMAGED'],
  ['F41 unclean', 'a copy that lags becomes the leader', 'LOG_DAMAGED'],
  ['F41 expired', 'the offsets of a job that was stopped expire', 'LOG_DAMAGED'],
  ['F41 reset', 'somebody resets the offsets of a job that was stopped', 'LOG_DAMAGED'],
])('%s: %s, and a person is told %s', (counter, name, code) => {
  expect(new Watching().see(fault(name), attention('STOPPED_BY_ERROR')).times(counter)).toBe(0);
  expect(new Watching().see(attention(code)).times(counter)).toBe(0);
  expect(new Watching().see(fault(name)).times(counter)).toBe(0);
  expect(new Watching().see(fault(name), attention(code), attention(code)).times(counter)).toBe(1);
  expect(new Watching().see(fault(name), { kind: 'refused', codes: ['JOB_BLOCKED', code] }).times(counter)).toBe(1);
});

test.each([
  ['F31 size', 'wal_removed'],
  ['F31 horizon', 'rows_removed'],
  ['F31 idle', 'idle_timeout'],
])('%s: the slot is lost, and a person is told of %s', (counter, reason) => {
  const told = (message: string): Happening =>
    committed('ingest', 'patch', [jobRecord({ attention: { code: 'SLOT_LOST', message } })]);
  expect(new Watching().see(fault('the slot is lost'), told('for another reason')).times(counter)).toBe(0);
  expect(new Watching().see(fault('the slot is lost'), told(`(${reason})`)).times(counter)).toBe(1);
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
