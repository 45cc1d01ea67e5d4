import { describe, expect, test } from '@jest/globals';
import type { Happening, SourceTransaction } from '../happening.js';
import { committed, jobRecord, sourceTransaction, Watching } from './watching.js';

const isLoading = committed('ingest', 'patch', [jobRecord({ loading: true })]);
const written = (id: bigint, parts: Partial<SourceTransaction> = {}): Happening => ({
  kind: 'written',
  transaction: sourceTransaction(id, parts),
});
const visible = (id: bigint, flushedLsn = 10_000n): Happening => ({ kind: 'visible', id, flushedLsn });
const read = (table = 'child', flushedLsn = 10_000n): Happening => ({ kind: 'read', table, flushedLsn });

test('F11: the load reads a table while a transaction that changed it is in the log and not visible', () => {
  expect(new Watching().see(isLoading, written(1n), read()).times('F11')).toBe(1);
  expect(new Watching().see(isLoading, written(1n), read('parent')).times('F11')).toBe(0);
  expect(new Watching().see(isLoading, written(1n), visible(1n), read()).times('F11')).toBe(0);
  expect(new Watching().see(written(1n), read()).times('F11')).toBe(0);
});

test('F12: a slot’s snapshot counts as committed what is not visible', () => {
  const exported: Happening = { kind: 'exported', isCommitted: (id) => id === 1n };
  expect(new Watching().see(written(1n), exported).times('F12')).toBe(1);
  expect(new Watching().see(written(2n), exported).times('F12')).toBe(0);
  expect(new Watching().see(written(1n), visible(1n), exported).times('F12')).toBe(0);
});

describe('F13, a commit that is invisible for minutes', () => {
  test('holds up the load, or is read past', () => {
    expect(new Watching().see(isLoading, written(1n)).wait(60_000).see(visible(1n)).times('F13')).toBe(1);
    const readPast = new Watching().see(isLoading, written(1n), read('parent'));
    readPast.see(committed('ingest', 'patch', [jobRecord({ loading: false })])).wait(60_000);
    expect(readPast.see(visible(1n)).times('F13')).toBe(1);
  });

  test('is none where it is shorter, or the job does not load', () => {
    expect(new Watching().see(isLoading, written(1n)).wait(59_999).see(visible(1n)).times('F13')).toBe(0);
    expect(new Watching().see(written(1n)).wait(60_000).see(visible(1n)).times('F13')).toBe(0);
  });
});

test('F14: the load reads what no stream can have yet', () => {
  const early = [isLoading, written(1n), visible(1n, 100n)];
  expect(new Watching().see(...early, read('child', 100n)).times('F14')).toBe(1);
  expect(new Watching().see(...early, read('child', 150n)).times('F14')).toBe(0);
  expect(new Watching().see(...early, read('parent', 100n)).times('F14')).toBe(0);
  expect(new Watching().see(isLoading, written(1n), visible(1n, 150n), read('child', 100n)).times('F14')).toBe(0);
});

test('F35: changes share a place, and one begins where the commit before it ends', () => {
  const watching = new Watching().see(written(1n), written(2n), written(3n, { firstLsn: 250n }));
  expect(watching.times('F35 begins where a commit ends')).toBe(1);
  expect(watching.times('F35 at one place')).toBe(0);
  expect(watching.see(written(4n, { together: 2 })).times('F35 at one place')).toBe(1);
});

test('F36: a stream that was cut within a transaction begins again', () => {
  const cut: Happening = { kind: 'stream cut', slot: 's' };
  const streams = (slot: string): Happening => ({ kind: 'stream begun', slot });
  expect(new Watching().see(streams('s'), streams('s')).times('F36')).toBe(0);
  expect(new Watching().see(cut).times('F36')).toBe(0);
  expect(new Watching().see(cut, streams('other')).times('F36')).toBe(0);
  expect(new Watching().see(cut, streams('s'), streams('s')).times('F36')).toBe(1);
});
