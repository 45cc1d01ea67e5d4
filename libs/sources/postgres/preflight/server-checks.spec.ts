import { describe, expect, test } from '@jest/globals';
import { checkServer, type ServerRequest } from './server-checks.js';
import type { ServerFacts, Settings } from './server-facts.js';

const SETTINGS: Settings = {
  wal_level: { value: 'logical', unit: null },
  max_replication_slots: { value: '10', unit: null },
  max_wal_senders: { value: '10', unit: null },
  max_connections: { value: '100', unit: null },
  superuser_reserved_connections: { value: '3', unit: null },
  max_slot_wal_keep_size: { value: '20480', unit: 'MB' },
  synchronous_standby_names: { value: '', unit: null },
  wal_sender_timeout: { value: '60000', unit: 'ms' },
  logical_decoding_work_mem: { value: '65536', unit: 'kB' },
};
const GOOD: ServerFacts = {
  versionNumber: 170_006,
  version: '17.6',
  inRecovery: false,
  encoding: 'UTF8',
  database: 'shop',
  databaseConnectionLimit: -1,
  databaseConnections: 5,
  role: 'miller',
  superuser: false,
  replication: true,
  mayCreate: true,
  roleConnectionLimit: -1,
  roleConnections: 1,
  connections: 20,
  slots: 1,
  idleSlots: [],
  walSenders: 1,
  settings: SETTINGS,
};
const CONTINUOUS: ServerRequest = {
  mode: 'continuous',
  hasSlot: false,
  replacedSlots: [],
  maxRetainedBytes: 10 * 1_073_741_824,
};

function codes(change: Partial<ServerFacts>, settings: Settings = {}, request: Partial<ServerRequest> = {}): string[] {
  return checkServer({ ...GOOD, ...change, settings: { ...SETTINGS, ...settings } }, { ...CONTINUOUS, ...request }).map(
    ({ code }) => code,
  );
}

describe('the checks of a server', () => {
  test('find nothing on a good one', () => {
    expect(codes({})).toEqual([]);
  });

  test.each<[string, Partial<ServerFacts>, Settings]>([
    ['SOURCE_VERSION', { versionNumber: 130_022, version: '13.22' }, {}],
    ['OLD_MINOR_VERSION', { versionNumber: 140_012 }, {}],
    ['OLD_MINOR_VERSION', { versionNumber: 150_007 }, {}],
    ['OLD_MINOR_VERSION', { versionNumber: 160_003 }, {}],
    ['SOURCE_IS_STANDBY', { inRecovery: true }, {}],
    ['SOURCE_ENCODING', { encoding: 'SQL_ASCII' }, {}],
    ['FEW_CONNECTIONS_LEFT', { connections: 90 }, {}],
    ['FEW_CONNECTIONS_LEFT', { roleConnectionLimit: 10 }, {}],
    ['FEW_CONNECTIONS_LEFT', { databaseConnectionLimit: 10 }, {}],
    ['FEW_CONNECTIONS_LEFT', { connections: 75 }, { reserved_connections: { value: '10', unit: null } }],
    ['WAL_LEVEL', {}, { wal_level: { value: 'replica', unit: null } }],
    ['NO_FREE_SLOT', { slots: 10 }, {}],
    ['NO_FREE_WAL_SENDER', { walSenders: 10 }, {}],
    ['SLOT_RETENTION_UNLIMITED', {}, { max_slot_wal_keep_size: { value: '-1', unit: 'MB' } }],
    ['SLOT_RETENTION_TIGHT', {}, { max_slot_wal_keep_size: { value: '1024', unit: 'MB' } }],
    ['SYNCHRONOUS_STANDBY', {}, { synchronous_standby_names: { value: 'ANY 1 (a, b)', unit: null } }],
    ['IDLE_SLOT_TIMEOUT', {}, { idle_replication_slot_timeout: { value: '60', unit: 's' } }],
    ['WAL_SENDER_TIMEOUT', {}, { wal_sender_timeout: { value: '0', unit: 'ms' } }],
    ['WAL_SENDER_TIMEOUT', {}, { wal_sender_timeout: { value: '5000', unit: 'ms' } }],
    ['DECODING_MEMORY', {}, { logical_decoding_work_mem: { value: '4096', unit: 'kB' } }],
  ])('find %s', (code, change, settings) => {
    expect(codes(change, settings)).toEqual([code]);
  });

  test.each([140_013, 150_008, 160_004, 170_000, 180_000])('take %i as repaired', (versionNumber) => {
    expect(codes({ versionNumber })).toEqual([]);
  });

  test('leave what only the log needs alone in a snapshot, or where the job has its slot', () => {
    expect(
      codes({ slots: 10, walSenders: 10 }, { wal_level: { value: 'minimal', unit: null } }, { mode: 'snapshot' }),
    ).toEqual([]);
    expect(codes({ slots: 10, walSenders: 10 }, {}, { hasSlot: true })).toEqual([]);
  });

  test('count a slot that the job replaces as free', () => {
    const full = { slots: 10, idleSlots: ['millrace_shop_1', 'other'] };
    expect(codes(full)).toEqual(['NO_FREE_SLOT']);
    expect(codes(full, {}, { replacedSlots: ['millrace_shop_2', 'millrace_shop_1'] })).toEqual([]);
  });

  test('count reserved connections only for those who may not use them', () => {
    expect(codes({ connections: 83 })).toEqual(['FEW_CONNECTIONS_LEFT']);
    expect(codes({ connections: 83, superuser: true })).toEqual([]);
  });
});
