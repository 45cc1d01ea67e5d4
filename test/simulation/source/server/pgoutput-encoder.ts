import { MessageWriter } from './message-writer.js';
import { IDENTITY_LETTERS, type SimTable, type Values } from './table.js';
import { modifierOf, typeIdOf } from './values.js';
import type { TableShape } from './table-shape.js';
import { type WalEntry, tablesOf, type WalTransaction } from './wal.js';

/** What the output plugin needs to know of a publication. */
export interface Published {
  has(table: SimTable): boolean;
}

const PG_EPOCH_MS = 946_684_800_000;
const TRANSACTIONAL = 1;

/**
 * A transaction as pgoutput tells it (protocol 1, text): nothing at all where nothing of it is published. `described` is
 * what this stream was told of tables; it is told of one before its first change, and before the first after its schema changed.
 */
export function encodeTransaction(
  transaction: WalTransaction,
  published: Published,
  described: Map<SimTable, TableShape>,
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
  change: WalEntry,
  { firstLsn }: WalTransaction,
  published: Published,
  described: Map<SimTable, TableShape>,
): Buffer[] {
  if (change.kind === 'message') {
    const { prefix, content } = change;
    return [new MessageWriter('M').byte(TRANSACTIONAL).int64(firstLsn).name(prefix).text(content).done()];
  }
  const tables = tablesOf(change).filter((table) => published.has(table));
  if (tables.length === 0) return [];
  const relations: Buffer[] = [];
  for (const table of tables) {
    const shape = change.shapes.get(table) as TableShape;
    if (described.get(table) === shape) continue;
    described.set(table, shape);
    relations.push(encodeRelation(table, shape));
  }
  return [...relations, encodeRows(change, tables)];
}

function encodeRows(change: Exclude<WalEntry, { kind: 'message' }>, tables: readonly SimTable[]): Buffer {
  if (change.kind === 'truncate') {
    const message = new MessageWriter('T').int32(tables.length).byte(0);
    for (const { oid } of tables) message.int32(oid);
    return message.done();
  }
  const { table } = change;
  const shape = change.shapes.get(table) as TableShape;
  if (change.kind === 'insert')
    return writeTuple(new MessageWriter('I').int32(table.oid), shape, 'N', change.row).done();
  if (change.kind === 'delete')
    return writeFormer(new MessageWriter('D').int32(table.oid), table, shape, change.former).done();
  const { former, row, set } = change;
  const leftOut = shape.attributes.map(({ spec: { toast } }, place) => toast === true && !set.has(place));
  const message = new MessageWriter('U').int32(table.oid);
  // A large value of the key that is left out of the new row is in the old one.
  const isMoved = table.keyColumns.some((column) => row[column] !== former[column] || leftOut[column]);
  if (isMoved || isFull(table)) writeFormer(message, table, shape, former);
  return writeTuple(message, shape, 'N', row, leftOut).done();
}

/** As its replica identity has it: the whole row, or the key alone. */
function writeFormer(message: MessageWriter, table: SimTable, shape: TableShape, former: Values): MessageWriter {
  if (isFull(table)) return writeTuple(message, shape, 'O', former);
  return writeTuple(
    message,
    shape,
    'K',
    former.map((value, column) => (table.keyColumns.includes(column) ? value : null)),
  );
}

function writeTuple(
  message: MessageWriter,
  { columns }: TableShape,
  kind: string,
  values: Values,
  leftOut?: readonly boolean[],
): MessageWriter {
  message.letter(kind).int16(columns.length);
  for (const { place } of columns) {
    const value = values[place] ?? null;
    if (value === null) message.letter('n');
    else if (leftOut?.[place]) message.letter('u');
    else message.letter('t').text(value);
  }
  return message;
}

function encodeRelation(table: SimTable, { name: tableName, columns }: TableShape): Buffer {
  const message = new MessageWriter('R').int32(table.oid).name(table.schema).name(tableName);
  message.letter(IDENTITY_LETTERS[table.spec.replicaIdentity ?? 'default']).int16(columns.length);
  for (const { name, place, spec } of columns) {
    message.byte(isFull(table) || table.keyColumns.includes(place) ? 1 : 0);
    message.name(name).int32(typeIdOf(spec.type)).int32(modifierOf(spec.type));
  }
  return message.done();
}

function isFull(table: SimTable): boolean {
  return table.spec.replicaIdentity === 'full';
}
