import type { Plan } from '#model';
import type { WalTransaction } from '../source/server/wal.js';
import type { SimTable } from '../source/server/table.js';
import type { AppendedRecords } from './appended-records.js';
import { changesInLog, type LoggedChange } from './changes-in-log.js';
import type { KnownIncarnation } from './incarnations.js';
import type { StagedVersions } from './staged-versions.js';

export interface ConfirmedParts {
  /** The source's log as it is now. */
  transactions(): readonly WalTransaction[];
  /** Of which history it is: another one has other changes at the same positions. */
  history(): string;
  incarnationOf(slot: string): KnownIncarnation | undefined;
  hasTopic(topic: string): boolean;
  appended: AppendedRecords;
  staged: StagedVersions;
}

/** What a slot streams that was not looked at yet. */
interface Followed {
  point: bigint;
  history: string;
  next: number;
}

/**
 * Law 3 of the source's log: when a slot is told that all up to a position is dealt with, each change before it is in the
 * broker, or staged by a majority at its position or a later one; without a broker only the latter.
 */
export class ConfirmedPositions {
  readonly broken: string[] = [];
  private readonly followed = new Map<string, Followed>();

  constructor(private readonly parts: ConfirmedParts) {}

  /** Whatever is committed before its point is read by the load. */
  made(slot: string, point: bigint): void {
    const transactions = this.parts.transactions();
    const first = transactions.findIndex(({ commitLsn }) => commitLsn >= point);
    const next = first < 0 ? transactions.length : first;
    this.followed.set(slot, { point, next, history: this.parts.history() });
  }

  confirmed(slot: string, lsn: bigint): void {
    const followed = this.followed.get(slot);
    const incarnation = this.parts.incarnationOf(slot);
    if (incarnation === undefined || followed?.history !== this.parts.history()) return;
    for (;;) {
      const transaction = this.parts.transactions()[followed.next];
      if (transaction === undefined || transaction.commitLsn >= lsn) return;
      followed.next++;
      if (transaction.commitLsn >= followed.point) this.check(transaction, incarnation, slot);
    }
  }

  private check(transaction: WalTransaction, incarnation: KnownIncarnation, slot: string): void {
    const { plan, epoch } = incarnation;
    const isPublished = ({ spec }: SimTable) => indexOf(plan, spec.name) >= 0;
    for (const change of changesInLog(transaction, isPublished, epoch)) {
      if (this.isSafe(change, incarnation)) continue;
      const { table, key = '(TRUNCATE)', at } = change;
      this.broken.push(`${slot} is confirmed beyond ${table} ${key} at ${at}, which could be lost`);
    }
  }

  private isSafe({ table, key, at }: LoggedChange, { names, plan, rowsPartitions }: KnownIncarnation): boolean {
    const { appended, staged, hasTopic } = this.parts;
    const index = indexOf(plan, table);
    const topic = names.topic(plan.job, 'rows');
    const stage = names.stage(index).name;
    if (key !== undefined)
      return appended.hasChange(topic, index, key, at) || staged.firstFrom(stage, key, at) !== undefined;
    const partitions = Array.from({ length: rowsPartitions }, (_, partition) => partition);
    if (hasTopic(topic)) return partitions.every((partition) => appended.hasTruncate(topic, partition, index, at));
    return [...staged.keys(stage)].every((each) => {
      const version = staged.latest(stage, each);
      return version === undefined || version.row.gone === true || version.at >= at;
    });
  }
}

function indexOf({ tables }: Plan, name: string): number {
  return tables.findIndex((table) => table.name === name);
}
