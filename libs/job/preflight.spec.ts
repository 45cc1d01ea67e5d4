import { expect, test } from '@jest/globals';
import { historyFindings } from './preflight.js';

const TARGET = { version: '7.0.0', topology: 'replicaSet' } as const;

test('a target that keeps minutes of history is told of, where changes follow', () => {
  expect(historyFindings({ ...TARGET, historySeconds: 300 }, 'continuous')).toEqual([
    expect.objectContaining({
      severity: 'info',
      code: 'TARGET_KEEPS_HISTORY',
      message: expect.stringContaining('300 s'),
    }),
  ]);
  expect(historyFindings({ ...TARGET, historySeconds: 300 }, 'snapshot')).toEqual([]);
  expect(historyFindings({ ...TARGET, historySeconds: 10 }, 'continuous')).toEqual([]);
  expect(historyFindings(TARGET, 'continuous')).toEqual([]);
});
