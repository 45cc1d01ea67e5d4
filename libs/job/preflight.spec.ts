import { expect, test } from '@jest/globals';
import type { Connections } from './connection.js';
import type { JobRecord } from './job-record.js';
import { historyFindings, preflight } from './preflight.js';

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

/** Each look at the job's record finds the next of these; the target has a document all the time. */
function finding(...records: (Partial<JobRecord> | undefined)[]): Connections {
  const left = [...records];
  const store = {
    read: { byId: async () => left.shift(), range: async () => [{ _id: 1 }] },
    describe: async () => TARGET,
    uniqueIndexes: async () => [],
  };
  const plan = {
    job: 'shop',
    mode: 'snapshot',
    hash: 'h',
    target: { database: 'shop' },
    collections: [{ name: 'orders' }],
  };
  const planned = { plan, tables: [], warnings: [], source: { preflight: async () => [] } };
  const connections = { store: async () => store, planned: async () => planned, targetProblem: () => undefined };
  return connections as unknown as Connections;
}

const OPTIONS = { maxRetainedBytes: 1, patienceMs: 0, fresh: false, dropTarget: false };

test('documents that another process has made meanwhile, as it ran the job, block nothing', async () => {
  const record = { incarnationId: 'a', capture: null, plan: { hash: 'h', mode: 'snapshot' } } as Partial<JobRecord>;
  expect(await preflight(finding(undefined, record, record), OPTIONS)).toEqual([]);
  expect(await preflight(finding(undefined, undefined), OPTIONS)).toMatchObject([{ code: 'TARGET_NOT_EMPTY' }]);
});
