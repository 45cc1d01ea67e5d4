import type { LogRecord } from '#log';
import type { Plan, RowsRecord, StagedRow, TouchRecord } from '#model';
import { IncarnationNames } from '#stage';
import { AppendedRecords } from './appended-records.js';
import { CommittedFences } from './committed-fences.js';
import type { KnownIncarnation } from './incarnations.js';
import { StagedVersions } from './staged-versions.js';

/** Documents of `t`, in which rows of `u` stand that refer to them. */
const PLAN = {
  job: 'j',
  tables: [
    { index: 0, name: 't', nodes: [0] },
    { index: 1, name: 'u', nodes: [1] },
  ],
  collections: [{ index: 0, name: 'c', root: 0 }],
  nodes: [
    { collection: 0, parent: null, edge: null },
    { collection: 0, parent: 0, edge: { parent: { name: null }, child: { name: 'j0' } } },
  ],
} as unknown as Plan;

/** A history for laws to look at, told step by step. */
export class History {
  readonly staged = new StagedVersions();
  readonly appended = new AppendedRecords();
  readonly fences = new CommittedFences();
  readonly incarnation: KnownIncarnation = {
    names: new IncarnationNames({ incarnation: 1, incarnationId: 'a' }),
    plan: PLAN,
    epoch: 1,
    rowsPartitions: 1,
    wholeSince: undefined,
  };
  readonly rows = this.incarnation.names.topic('j', 'rows');
  readonly touches = this.incarnation.names.topic('j', 'touches');
  private step = 0;
  private readonly ends = new Map<string, number>();

  append(record: Partial<RowsRecord>): void {
    this.message(this.rows, { bytes: 1, ...record });
  }

  change(table: number, key: string, at: string): void {
    const change = { op: 'upsert' as const, table, key, at, tuple: '', transaction: '1' };
    this.append({ kind: 'changes', changes: [change] });
  }

  touch(root: string): void {
    const touch: TouchRecord = { collection: 0, roots: [root], origin: 'change', bytes: 1 };
    this.message(this.touches, touch);
  }

  /** In one transaction with the fence of rows. */
  stage(table: number, ...rows: StagedRow[]): void {
    this.step++;
    const collection = this.incarnation.names.stage(table).name;
    for (const row of rows) this.staged.committed({ collection, _id: row._id, after: row as never }, this.step);
    this.fence('rows:0');
  }

  fence(_id: string, fields: object = {}): void {
    const collection = this.incarnation.names.fences.name;
    this.fences.committed({ collection, _id, after: { _id, ...fields } }, ++this.step);
  }

  whole(): void {
    this.incarnation.wholeSince = ++this.step;
  }

  private message(topic: string, record: LogRecord): void {
    const offset = this.ends.get(topic) ?? 0;
    this.ends.set(topic, offset + 1);
    this.appended.appended(topic, 0, { offset, step: ++this.step, records: [record] });
  }
}
