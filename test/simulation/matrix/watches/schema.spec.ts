import { expect, test } from '@jest/globals';
import { sourceTransaction, Watching } from './watching.js';

test('F39: a column is added, and somebody is warned of it', () => {
  const added = { kind: 'fault', name: 'a column is added' } as const;
  const warned = (code: string) => ({ kind: 'warned', code }) as const;
  expect(new Watching().see(warned('COLUMN_ADDED')).times('F39 a column added')).toBe(0);
  expect(new Watching().see(added, warned('NOTHING_DROPPED')).times('F39 a column added')).toBe(0);
  expect(new Watching().see(added, warned('COLUMN_ADDED')).times('F39 a column added')).toBe(1);
});

test.each([true, false])('F39: the schema changes between two changes of one transaction (%s)', (isMixed) => {
  const watching = new Watching().see({ kind: 'written', transaction: sourceTransaction(1n, { isMixed }) });
  expect(watching.times('F39 within a transaction')).toBe(isMixed ? 1 : 0);
});
