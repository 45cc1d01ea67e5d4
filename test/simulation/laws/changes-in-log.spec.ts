import { expect, test } from '@jest/globals';
import { formatPosition } from '#model';
import { SimTable } from '../source/server/table.js';
import type { WalChange } from '../source/server/wal.js';
import { changesInLog } from './changes-in-log.js';

const tableOf = (name: string, oid: number) => {
  const columns = [
    { name: 'id', type: 'int' },
    { name: 'n', type: 'int' },
  ] as const;
  return new SimTable(oid, { name, columns, key: ['id'] });
};
const [t, u] = [tableOf('t', 1), tableOf('u', 2)];
const [one, two] = [t.keyOf(['1', null]), t.keyOf(['2', null])];
const set = new Set([1]);
const at = (ordinal: number) => formatPosition(3, 80n, ordinal);

const changes = (...of: WalChange[]) => {
  const transaction = {
    id: 9n,
    firstLsn: 8n,
    commitLsn: 80n,
    endLsn: 88n,
    committedAtMs: 0,
    changes: of.map((each) => ({ ...each, shapes: new Map() })),
  };
  return changesInLog(transaction, (table) => table === t, 3);
};

test('an update takes two ordinals, a marker one, what is not published none', () => {
  const found = changes(
    { kind: 'insert', table: t, row: ['1', null] },
    { kind: 'update', table: t, former: ['1', null], row: ['1', '5'], set },
    { kind: 'message', prefix: 'p', content: 'c' },
    { kind: 'insert', table: u, row: ['7', null] },
    { kind: 'delete', table: t, former: ['1', '5'] },
  );
  expect(found).toEqual([
    { table: 't', key: one, at: at(0) },
    { table: 't', key: one, at: at(1) },
    { table: 't', key: one, at: at(4) },
  ]);
});

test('a change of key is a delete and then an insert', () => {
  expect(changes({ kind: 'update', table: t, former: ['1', null], row: ['2', null], set })).toEqual([
    { table: 't', key: one, at: at(0) },
    { table: 't', key: two, at: at(1) },
  ]);
});

test('TRUNCATE has a position for each table that is published', () => {
  expect(changes({ kind: 'truncate', tables: [u, t] })).toEqual([{ table: 't', at: at(0) }]);
});
