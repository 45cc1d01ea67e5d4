import { type Log, partitionOf } from '#log';
import type { LoadedRows } from '#sources';
import type { RowChange, RowsRecord } from '#model';

/** Rows in one record at most: a batch that does not fit a transaction is halved by records. */
const RECORD_ROWS = 250;
const CHANGE_BYTES = 120;

/** Packs rows into records of the partitions that own them. One packer per reader; its order is the order of `append`. */
export class RowPacker {
  constructor(
    private readonly log: Log,
    private readonly topic: string,
    readonly partitions: number,
  ) {}

  /** Appends loaded rows of one table; the returned promises resolve when they can no longer be lost. */
  appendLoaded(table: number, rows: LoadedRows): Promise<void>[] {
    const byPartition: { keys: string[]; tuples: string[]; bytes: number }[] = [];
    for (let i = 0; i < rows.keys.length; i++) {
      const key = rows.keys[i] as string;
      const tuple = rows.tuples[i] as string;
      const partition = partitionOf(table, key, this.partitions);
      let part = byPartition[partition];
      if (part === undefined) {
        part = { keys: [], tuples: [], bytes: 0 };
        byPartition[partition] = part;
      }
      part.keys.push(key);
      part.tuples.push(tuple);
      part.bytes += 96 + key.length + tuple.length;
    }
    const appends: Promise<void>[] = [];
    byPartition.forEach((part, partition) => {
      for (let i = 0; i < part.keys.length; i += RECORD_ROWS) {
        const whole = part.keys.length <= RECORD_ROWS;
        const keys = whole ? part.keys : part.keys.slice(i, i + RECORD_ROWS);
        const tuples = whole ? part.tuples : part.tuples.slice(i, i + RECORD_ROWS);
        const bytes = Math.ceil((part.bytes * keys.length) / part.keys.length);
        appends.push(this.append(partition, { kind: 'load', table, keys, tuples, bytes }));
      }
    });
    return appends;
  }

  /** Appends changes in their order, packed by partition. */
  appendChanges(changes: readonly RowChange[], committedAtMs?: number): Promise<void>[] {
    const since = committedAtMs === undefined ? {} : { committedAtMs };
    const byPartition: { changes: RowChange[]; bytes: number }[] = [];
    for (const change of changes) {
      const partition = partitionOf(change.table, change.key, this.partitions);
      let part = byPartition[partition];
      if (part === undefined) {
        part = { changes: [], bytes: 0 };
        byPartition[partition] = part;
      }
      part.changes.push(change);
      part.bytes += CHANGE_BYTES + change.key.length + change.tuple.length;
    }
    const appends: Promise<void>[] = [];
    byPartition.forEach((part, partition) => {
      for (let i = 0; i < part.changes.length; i += RECORD_ROWS) {
        const whole = part.changes.length <= RECORD_ROWS;
        const some = whole ? part.changes : part.changes.slice(i, i + RECORD_ROWS);
        const bytes = Math.ceil((part.bytes * some.length) / part.changes.length);
        appends.push(this.append(partition, { kind: 'changes', changes: some, ...since, bytes }));
      }
    });
    return appends;
  }

  appendRow(record: Extract<RowsRecord, { key: string }>): Promise<void> {
    return this.append(partitionOf(record.table, record.key, this.partitions), record);
  }

  appendToAll(record: RowsRecord): Promise<void>[] {
    return Array.from({ length: this.partitions }, (_, partition) => this.append(partition, record));
  }

  private append(partition: number, record: RowsRecord): Promise<void> {
    return this.log.append(this.topic, partition, [record]);
  }
}
