import { MessageWriter } from './message-writer.js';
import type { SimTable, Values } from './table.js';
import { typeIdOf } from './values.js';
import type { WalChange, WalTransaction } from './wal.js';

/** What the output plugin needs to know of a publication. */
export interface Published {
  has(table: SimTable): boolean;
}

const PG_EPOCH_MS = 946_684_800_000;
const TRANSACTIONAL = 1;

/**
 * A transaction as pgoutput tells it (protocol 1, text): nothing at all where nothing of it is published. `described` are
 * the tables that this stream has been told of; it is told of one before its first change.
 */
export function encodeTransaction(
  transaction: WalTransaction,
  published: Published,
  described: Set<SimTable>,
): Buffer[] {
  const changes = transaction.changes.flatMap((change) => encodeChange(change, transaction, published, described));
  if (changes.length === 0) return [];
  const at = BigInt(transaction.committedAtMs - PG_EPOCH_MS) * 1000n;
  const { commitLsn, endLsn, id } = transaction;
  const begin = new MessageWriter('B')
    .int64(commitLsn)
    .int64(at)
    .int32(Number(id & 0xffff_ffffn));
  const commit = new MessageWriter('C').byte(0).int64(commitLsn).int64(endLsn).int64(at);
  return [begin.done(), ...changes, commit.done()];
}

function encodeChange(
  change: WalChange,
  { firstLsn }: WalTransaction,
  published: Published,
  described: Set<SimTable>,
): Buffer[] {
  if (change.kind === 'message') {
    const { prefix, content } = change;
    return [new MessageWriter('M').byte(TRANSACTIONAL).int64(firstLsn).name(prefix).text(content).done()];
  }
  const tables = (change.kind === 'truncate' ? change.tables : [change.table]).filter((table) => published.has(table));
  if (tables.length === 0) return [];
  const unknown = tables.filter((table) => !described.has(table));
  for (const table of unknown) described.add(table);
  return [...unknown.map(encodeRelation), encodeRows(change, tables)];
}

function encodeRows(change: Exclude<WalChange, { kind: 'message' }>, tables: readonly SimTable[]): Buffer {
  if (change.kind === 'truncate') {
    const message = new MessageWriter('T').int32(tables.length).byte(0);
    for (const { oid } of tables) message.int32(oid);
    return message.done();
  }
  const { table } = change;
  if (change.kind === 'insert') return writeTuple(new MessageWriter('I').int32(table.oid), 'N', change.row).done();
  if (change.kind === 'delete')
    return writeFormer(new MessageWriter('D').int32(table.oid), table, change.former).done();
  const { former, row, set } = change;
  const leftOut = table.spec.columns.map(({ toast }, column) => toast === true && !set.has(column));
  const message = new MessageWriter('U').int32(table.oid);
  // A large value of the key that is left out of the new row is in the old one.
  const isMoved = table.keyColumns.some((column) => row[column] !== former[column] || leftOut[column]);
  if (isMoved || isFull(table)) writeFormer(message, table, former);
  return writeTuple(message, 'N', row, leftOut).done();
}

/** As its replica identity has it: the whole row, or the key alone. */
function writeFormer(message: MessageWriter, table: SimTable, former: Values): MessageWriter {
  if (isFull(table)) return writeTuple(message, 'O', former);
  return writeTuple(
    message,
    'K',
    former.map((value, column) => (table.keyColumns.includes(column) ? value : null)),
  );
}

function writeTuple(message: MessageWriter, kind: string, values: Values, leftOut?: readonly boolean[]): MessageWriter {
  message.letter(kind).int16(values.length);
  values.forEach((value, column) => {
    if (value === null) message.letter('n');
    else if (leftOut?.[column]) message.letter('u');
    else message.letter('t').text(value);
  });
  return message;
}

function encodeRelation(table: SimTable): Buffer {
  const message = new MessageWriter('R').int32(table.oid).name(table.schema).name(table.name);
  message.letter(isFull(table) ? 'f' : 'd').int16(table.spec.columns.length);
  table.spec.columns.forEach(({ name, type }, column) => {
    message.byte(isFull(table) || table.keyColumns.includes(column) ? 1 : 0);
    message.name(name).int32(typeIdOf(type)).int32(-1);
  });
  return message.done();
}

function isFull(table: SimTable): boolean {
  return table.spec.replicaIdentity === 'full';
}
