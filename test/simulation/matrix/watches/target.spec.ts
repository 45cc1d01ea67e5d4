import { describe, expect, test } from '@jest/globals';
import type { Happening } from '../happening.js';
import { change, committed, document, Watching } from './watching.js';

const by = (label: string) => ({ process: 'a', label });
const retried = (label: string, isConflict: boolean, attempt: number): Happening => ({
  kind: 'retried',
  process: 'a',
  label,
  isConflict,
  attempt,
});

test('F25: what was read of the stage on a deposed primary is read again', () => {
  const stale = (label: string, collection: string): Happening => ({ kind: 'stale read', by: by(label), collection });
  expect(new Watching().see(stale('touches', 'stage_1-a_0')).times('F25')).toBe(0);
  expect(new Watching().see(stale('touches', 'stage_1-a_0'), retried('touches', false, 1)).times('F25')).toBe(1);
  expect(new Watching().see(stale('touches', 'job'), retried('touches', false, 1)).times('F25')).toBe(0);
  expect(new Watching().see(retried('touches', false, 1)).times('F25')).toBe(0);
});

test('F26: a batch is rolled back, and not just anything', () => {
  const rolledBack = (label: string): Happening => ({ kind: 'rolled back', by: by(label), documents: 2 });
  expect(new Watching().see(rolledBack('rows')).times('F26')).toBe(1);
  expect(new Watching().see(rolledBack('patch')).times('F26')).toBe(0);
});

test('F27: a commit is asked for a third time, once', () => {
  const asked = (times: number): Happening => ({ kind: 'commit asked again', by: by('rows'), times });
  expect(new Watching().see(asked(2)).times('F27')).toBe(0);
  expect(new Watching().see(asked(2), asked(3), asked(4)).times('F27')).toBe(1);
});

test('F28: a batch meets its fourth conflict in a row', () => {
  expect(new Watching().see(retried('rows', true, 3)).times('F28')).toBe(0);
  expect(new Watching().see(retried('rows', true, 4), retried('rows', true, 5)).times('F28')).toBe(1);
  expect(new Watching().see(retried('rows', false, 4), retried('patch', true, 4)).times('F28')).toBe(0);
});

describe('F30, a document that MongoDB refused', () => {
  const cleared = (code: string) => change('letters_1-a', 'l', undefined, { code });

  test('is mended where it is written and its letter goes with it', () => {
    const mended = committed('a', 'touches', [document(1, {}), cleared('TARGET_VALIDATION')]);
    expect(new Watching().see(mended).times('F30')).toBe(1);
  });

  test('is not where its row is gone, or where the letter is of something else', () => {
    const gone = committed('a', 'touches', [document(1, undefined), cleared('TARGET_VALIDATION')]);
    const other = committed('a', 'touches', [document(1, {}), cleared('EXPRESSION_FAILED')]);
    expect(new Watching().see(gone, other).times('F30')).toBe(0);
  });
});
