import { expect, test } from '@jest/globals';
import { formatPosition } from '#model';
import { SimTable } from '../source/server/table.js';
import type { WalChange, WalTransaction } from '../source/server/wal.js';
import { ConfirmedPositions } from './confirmed-positions.js';
import { History } from './kit.js';

const table = new SimTable(1, { name: 't', columns: [{ name: 'id', type: 'int' }], key: ['id'] });
const KEY = table.keyOf(['1']);
const INSERT: WalChange = { kind: 'insert', table, row: ['1'] };
const at = (lsn: bigint) => formatPosition(1, lsn, 0);

function kit({ hasTopic = true } = {}) {
  const history = new History();
  const log: WalTransaction[] = [];
  const server = { history: '1' };
  const positions = new ConfirmedPositions({
    transactions: () => log,
    history: () => server.history,
    incarnationOf: () => history.incarnation,
    hasTopic: () => hasTopic,
    appended: history.appended,
    staged: history.staged,
  });
  const commit = (commitLsn: bigint, ...changes: WalChange[]) =>
    log.push({
      id: 1n,
      firstLsn: 0n,
      commitLsn,
      endLsn: commitLsn + 8n,
      committedAtMs: 0,
      changes: changes.map((each) => ({ ...each, shapes: new Map() })),
    });
  return { history, log, server, positions, commit };
}

test('a position is confirmed rightly once what is before it is in the broker', () => {
  const { history, positions, commit } = kit();
  positions.made('s', 10n);
  commit(16n, INSERT);
  history.change(0, KEY, at(16n));
  positions.confirmed('s', 24n);
  expect(positions.broken).toEqual([]);
});

test('… or staged at its position or a later one', () => {
  const { history, positions, commit } = kit({ hasTopic: false });
  positions.made('s', 10n);
  commit(16n, INSERT);
  commit(32n, INSERT);
  history.stage(0, { _id: KEY, at: at(32n), c: '1' });
  positions.confirmed('s', 40n);
  expect(positions.broken).toEqual([]);
});

test('one beyond a change that is nowhere is told once', () => {
  const { history, positions, commit } = kit();
  positions.made('s', 10n);
  commit(16n, INSERT);
  history.stage(0, { _id: KEY, at: '', c: '1' });
  positions.confirmed('s', 16n);
  expect(positions.broken).toEqual([]);
  positions.confirmed('s', 24n);
  positions.confirmed('s', 24n);
  expect(positions.broken).toEqual([`s is confirmed beyond t ${KEY} at ${at(16n)}, which could be lost`]);
});

test('what the load reads, and what another history has, is not asked for', () => {
  const { positions, commit, server } = kit();
  commit(4n, INSERT);
  positions.made('s', 10n);
  positions.confirmed('s', 12n);
  commit(16n, INSERT);
  server.history = '2';
  positions.confirmed('s', 24n);
  expect(positions.broken).toEqual([]);
});

test('TRUNCATE is to be in every partition', () => {
  const { history, positions, commit } = kit();
  positions.made('s', 10n);
  commit(16n, { kind: 'truncate', tables: [table] });
  history.incarnation.rowsPartitions = 2;
  history.append({ kind: 'truncate', change: { op: 'truncate', table: 0, at: at(16n) } });
  positions.confirmed('s', 24n);
  expect(positions.broken[0]).toMatch(/t \(TRUNCATE\)/);
});

test('… or, without a broker, to have wiped what is older', () => {
  const { history, positions, commit } = kit({ hasTopic: false });
  positions.made('s', 10n);
  commit(16n, { kind: 'truncate', tables: [table] });
  commit(32n, { kind: 'truncate', tables: [table] });
  history.stage(0, { _id: KEY, at: at(16n), gone: true }, { _id: 'later', at: at(17n), c: '2' });
  positions.confirmed('s', 24n);
  expect(positions.broken).toEqual([]);
  positions.confirmed('s', 40n);
  expect(positions.broken).toHaveLength(1);
});
