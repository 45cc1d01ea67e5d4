import { expect, test } from '@jest/globals';
import type { Plan } from '#model';
import { isReady } from './worker.js';

const LOADING = { phase: 'loading', plan: { mode: 'snapshot' } as Plan, loading: true, incarnationId: 'b' } as const;
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

test('rows and touches are handled while no snapshot is there to be read', () => {
  expect(isReady({ ...LOADING, snapshot: null }, { roles: ['transform'] }, 'b')).toBe(true);
});
