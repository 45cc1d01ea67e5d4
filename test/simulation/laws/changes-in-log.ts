import { formatPosition, type Position } from '#model';
import type { SimTable } from '../source/server/table.js';
import type { WalTransaction } from '../source/server/wal.js';

/** `key`: absent for a TRUNCATE. */
export interface LoggedChange {
  table: string;
  key?: string;
  at: Position;
}

/**
 * What a transaction of the source's log did to the rows of these tables, with the positions that the contract gives: ordinals
 * count every change of a published table and every marker, an update as two. A change of key is a delete and an insert.
 */
export function changesInLog(
  { commitLsn, changes }: WalTransaction,
  isPublished: (table: SimTable) => boolean,
  epoch: number,
): LoggedChange[] {
  const found: LoggedChange[] = [];
  let ordinal = 0;
  const next = (): Position => formatPosition(epoch, commitLsn, ordinal++);
  for (const change of changes) {
    if (change.kind === 'message') next();
    else if (change.kind === 'truncate') {
      for (const table of change.tables.filter(isPublished)) found.push({ table: table.spec.name, at: next() });
    } else if (isPublished(change.table)) found.push(...rowChanges(change, next));
  }
  return found;
}

type RowChanged = Exclude<WalTransaction['changes'][number], { kind: 'message' | 'truncate' }>;

function rowChanges(change: RowChanged, next: () => Position): LoggedChange[] {
  const { table } = change;
  const at = next();
  if (change.kind === 'insert') return [{ table: table.spec.name, key: table.keyOf(change.row), at }];
  if (change.kind === 'delete') return [{ table: table.spec.name, key: table.keyOf(change.former), at }];
  const atInsert = next();
  const [from, to] = [table.keyOf(change.former), table.keyOf(change.row)];
  if (from === to) return [{ table: table.spec.name, key: to, at }];
  return [
    { table: table.spec.name, key: from, at },
    { table: table.spec.name, key: to, at: atInsert },
  ];
}
