import { expect, test } from '@jest/globals';
import type { Plan } from '#model';
import { isReady } from './worker.js';

const PLAN = { mode: 'snapshot' } as Plan;
const LOADING = { phase: 'loading', plan: PLAN, attention: null, loading: true, incarnationId: 'b' } as const;
const INGEST = { roles: ['ingest'] } as const;
const ID = '00000003-00000001-1 100:100:';

test('chunks of a snapshot are read again once it was taken anew, also under the id that the lost one had', () => {
  expect(isReady({ ...LOADING, snapshot: ID }, INGEST, 'a')).toBe(true);
});

test.each([
  ['has not been taken', { ...LOADING, snapshot: null }, undefined],
  ['was lost', { ...LOADING, snapshot: ID }, 'b'],
])('no chunk of a snapshot is read that %s', (_, record, lost) => {
  expect(isReady(record, INGEST, lost)).toBe(false);
});

test('nobody works for a job that needs a person, though a pause has taken its phase over', () => {
  const record = { ...LOADING, phase: 'paused', snapshot: ID } as const;
  const attention = { code: 'LOG_DAMAGED', message: 'records are missing', remedy: 'load anew' };
  expect([isReady(record, INGEST, 'a'), isReady({ ...record, attention }, INGEST, 'a')]).toEqual([true, false]);
});

test('rows and touches are handled while no snapshot is there to be read', () => {
  expect(isReady({ ...LOADING, snapshot: null }, { roles: ['transform'] }, 'b')).toBe(true);
});
