import type { LogRecord } from '#log';
import type { Position, RowsRecord, TouchRecord } from '#model';

/** One message of a partition, and in which step the broker got it. */
export interface AppendedMessage {
  offset: number;
  step: number;
  records: readonly LogRecord[];
}

/** All that the broker ever got in topics of rows and touches, also what is completed and deleted there. */
export class AppendedRecords {
  private readonly byPartition = new Map<string, AppendedMessage[]>();
  /** Changes and TRUNCATEs of rows, by name. */
  private readonly changes = new Set<string>();
  /** By topic, collection and root, when it was touched last. */
  private readonly touches = new Map<string, number>();

  appended(topic: string, partition: number, message: AppendedMessage): void {
    const name = `${topic}/${partition}`;
    const messages = this.byPartition.get(name);
    if (messages === undefined) this.byPartition.set(name, [message]);
    else messages.push(message);
    if (topic.endsWith('.rows')) this.rows(topic, partition, message.records as readonly RowsRecord[]);
    if (topic.endsWith('.touches')) this.touched(topic, message.step, message.records as readonly TouchRecord[]);
  }

  /** In their order, from the first: the place of one is its offset. */
  messages(topic: string, partition: number): readonly AppendedMessage[] {
    return this.byPartition.get(`${topic}/${partition}`) ?? [];
  }

  hasChange(topic: string, table: number, key: string, at: Position): boolean {
    return this.changes.has(`${topic} ${table} ${at} ${key}`);
  }

  hasTruncate(topic: string, partition: number, table: number, at: Position): boolean {
    return this.changes.has(`${topic}/${partition} ${table} ${at}`);
  }

  lastTouch(topic: string, collection: number, root: string): number | undefined {
    return this.touches.get(`${topic} ${collection} ${root}`);
  }

  private rows(topic: string, partition: number, records: readonly RowsRecord[]): void {
    for (const record of records) {
      if (record.kind === 'truncate')
        this.changes.add(`${topic}/${partition} ${record.change.table} ${record.change.at}`);
      if (record.kind !== 'changes') continue;
      for (const { table, key, at } of record.changes) this.changes.add(`${topic} ${table} ${at} ${key}`);
    }
  }

  private touched(topic: string, step: number, records: readonly TouchRecord[]): void {
    for (const { collection, roots } of records)
      for (const root of roots) this.touches.set(`${topic} ${collection} ${root}`, step);
  }
}
