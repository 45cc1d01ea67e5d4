import { expect, test } from '@jest/globals';
import type { Happening } from '../happening.js';
import { change, committed, Watching } from './watching.js';

const changed: Happening = { kind: 'fault', name: 'the mapping is changed' };
const refused = (code: string): Happening => ({ kind: 'refused', codes: ['JOB_BLOCKED', code] });
const record = (hash: string) => ({ _id: 'job', plan: { hash } });
const recorded = (before: string, now: string): Happening =>
  committed('ingest', 'patch', [change('job', 'job', record(now), record(before))]);

test('F47: another mapping is refused where documents of the former one are there', () => {
  const counter = 'F47 refused';
  expect(new Watching().see(refused('MAPPING_CHANGED')).times(counter)).toBe(0);
  expect(new Watching().see(changed, refused('JOB_FILE_INVALID')).times(counter)).toBe(0);
  expect(new Watching().see(changed, refused('MAPPING_CHANGED'), refused('MAPPING_CHANGED')).times(counter)).toBe(1);
});

test('F47: and is loaded anew then', () => {
  const counter = 'F47 loaded anew';
  expect(new Watching().see(changed, recorded('a', 'b')).times(counter)).toBe(0);
  const watching = new Watching().see(changed, refused('MAPPING_CHANGED'), recorded('a', 'a'));
  expect(watching.times(counter)).toBe(0);
  expect(watching.see(recorded('a', 'b'), recorded('b', 'b')).times(counter)).toBe(1);
});
