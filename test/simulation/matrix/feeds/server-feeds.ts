import type { SimBroker } from '../../log/index.js';
import type { SimMongo } from '../../store/index.js';
import type { SimPostgres } from '../../source/index.js';
import type { TableShape } from '../../source/server/table-shape.js';
import { type WalEntry, tablesOf, type WalTransaction } from '../../source/server/wal.js';
import type { Happening, OpenTransaction, SourceTransaction } from '../happening.js';
import { overhear } from './overhear.js';

type Tell = (happening: Happening) => void;

export function openTransactionsOf(mongo: SimMongo, process: string): OpenTransaction[] {
  return mongo
    .openOf(process)
    .filter(({ isOpen }) => isOpen)
    .map(({ by, writes }) => ({
      label: by.label,
      documents: [...writes]
        .filter(([, { collection }]) => collection.database === 'target')
        .map(([entry, { collection, doc }]) => ({
          collection: collection.name,
          _id: entry.id,
          isThere: doc !== undefined,
        })),
    }));
}

export function feedFromMongo(mongo: SimMongo, tell: Tell): void {
  mongo.watch = {
    committed: (by, changes) => tell({ kind: 'committed', by, changes }),
    rolledBack: (by, documents) => tell({ kind: 'rolled back', by, documents }),
    readStale: (by, collection) => tell({ kind: 'stale read', by, collection }),
    askedAgain: (by, times) => tell({ kind: 'commit asked again', by, times }),
  };
}

export function feedFromBroker(broker: SimBroker, mongo: SimMongo, tell: Tell): void {
  broker.onReplaced(({ name: process }) => tell({ kind: 'client replaced', process }));
  overhear(broker, 'drop', ([{ name: process }]) =>
    tell({ kind: 'session over', process, open: openTransactionsOf(mongo, process) }),
  );
}

export function feedFromPostgres({ server }: SimPostgres, tell: Tell): void {
  const { wal, transactions, exported } = server;
  overhear(wal, 'commit', (_, written) => tell({ kind: 'written', transaction: transactionOf(written) }));
  overhear(transactions, 'end', ([id]) => tell({ kind: 'visible', id, flushedLsn: wal.flushed }));
  overhear(server, 'read', ([session, table], rows) => {
    if (session.snapshot !== undefined && rows !== undefined)
      tell({ kind: 'read', table: table.spec.name, flushedLsn: wal.flushed });
  });
  overhear(exported, 'export', ([, { xmin, xmax, inProgress }]) =>
    tell({ kind: 'exported', isCommitted: (id) => id >= xmin && id < xmax && !inProgress.has(id) }),
  );
  overhear(server, 'stream', ([session, { slot }], { sender }) => {
    tell({ kind: 'stream begun', slot });
    session.onEnd(() => {
      if (sender.isWithinTransaction) tell({ kind: 'stream cut', slot });
    });
  });
}

function transactionOf({ id, firstLsn, commitLsn, endLsn, changes }: WalTransaction): SourceTransaction {
  return {
    id,
    firstLsn,
    commitLsn,
    endLsn,
    tables: [...new Set(changes.flatMap(tablesOf))].map(({ spec }) => spec.name),
    movedKeys: changes.flatMap((change) => {
      if (change.kind !== 'update') return [];
      const { table, former, row } = change;
      const [from, to] = [table.keyValues(former).join('|'), table.keyValues(row).join('|')];
      return from === to ? [] : [{ table: table.spec.name, from, to }];
    }),
    isMixed: isMixed(changes),
    together: Math.max(0, ...changes.map((change) => (change.kind === 'truncate' ? change.tables.length : 1))),
  };
}

function isMixed(changes: readonly WalEntry[]): boolean {
  const before = new Map<object, TableShape>();
  for (const { shapes } of changes)
    for (const [table, shape] of shapes) {
      if ((before.get(table) ?? shape) !== shape) return true;
      before.set(table, shape);
    }
  return false;
}
