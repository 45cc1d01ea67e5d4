import type { SimTable, Values } from './table.js';
import type { TableShape } from './table-shape.js';

/** A change as it stands in the log. */
export type WalChange =
  | { kind: 'insert'; table: SimTable; row: Values }
  /** `set`: the columns that the statement wrote, whatever it wrote there. */
  | { kind: 'update'; table: SimTable; former: Values; row: Values; set: ReadonlySet<number> }
  | { kind: 'delete'; table: SimTable; former: Values }
  | { kind: 'truncate'; tables: readonly SimTable[] }
  | { kind: 'message'; prefix: string; content: string };

/** With what its tables looked like then: that is how a stream tells of it, however late. */
export type WalEntry = WalChange & { shapes: ReadonlyMap<SimTable, TableShape> };

export interface WalTransaction {
  id: bigint;
  /** Where its first change stands. */
  firstLsn: bigint;
  /** Where its commit record begins and ends. */
  commitLsn: bigint;
  endLsn: bigint;
  committedAtMs: number;
  changes: readonly WalEntry[];
}

const COMMIT_BYTES = 0x30;

/** The log: whole transactions in the order of their commit records. What is not flushed no stream can read. */
export class Wal {
  readonly transactions: WalTransaction[] = [];
  inserted = 0x1_4f3a_2c80n;
  flushed = this.inserted;

  constructor(private readonly whenFlushed: () => void) {}

  /** Returns where it stands. */
  write(bytes: number): bigint {
    const at = this.inserted;
    this.inserted += BigInt(bytes + 7) & ~7n;
    return at;
  }

  commit(transaction: Omit<WalTransaction, 'commitLsn' | 'endLsn'>): WalTransaction {
    const commitLsn = this.write(COMMIT_BYTES);
    const written = { ...transaction, commitLsn, endLsn: this.inserted };
    this.transactions.push(written);
    return written;
  }

  /** Everything before a place is flushed with it. */
  flush(upTo = this.inserted): void {
    if (upTo <= this.flushed) return;
    this.flushed = upTo;
    this.whenFlushed();
  }

  /** Of the transactions: nobody misses what else was written. */
  get hasFlushedAll(): boolean {
    return (this.transactions.at(-1)?.endLsn ?? 0n) <= this.flushed;
  }

  /** Another history begins behind the last of the transactions that are kept, at positions that the former one had too. */
  cut(count: number): void {
    if (count > 0) this.transactions.splice(-count);
    const last = this.transactions.at(-1);
    if (count > 0 && last) this.inserted = last.endLsn;
    this.flushed = this.inserted;
  }
}

export function bytesOf(change: WalChange): number {
  switch (change.kind) {
    case 'insert':
    case 'update':
      return 64 + change.row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    case 'message':
      return 64 + change.content.length;
    default:
      return 64;
  }
}

export function tablesOf(change: WalChange): readonly SimTable[] {
  if (change.kind === 'message') return [];
  return change.kind === 'truncate' ? change.tables : [change.table];
}
