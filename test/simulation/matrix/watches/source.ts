import type { Happening, Reach, SourceTransaction, Watch } from '../happening.js';
import type { Batches } from './batches.js';

interface Written {
  transaction: SourceTransaction;
  atMs: number;
  /** It was under way while the job was loading. */
  metLoad: boolean;
}

const STALLED_MS = 60_000;

/** F11 to F14, F35, F36: the orders in which PostgreSQL writes, flushes, commits and shows. */
export class SourceWatch implements Watch {
  private readonly invisible = new Map<bigint, Written>();
  /** Visible, and not yet where a stream could read them. */
  private unflushed: SourceTransaction[] = [];
  private endLsn = 0n;
  private readonly cut = new Set<string>();

  constructor(
    private readonly batches: Pick<Batches, 'isLoading' | 'hasBegun'>,
    private readonly reach: Reach,
  ) {}

  see(happening: Happening, atMs: number): void {
    switch (happening.kind) {
      case 'written':
        return this.written(happening.transaction, atMs);
      case 'visible':
        return this.visible(happening.id, happening.flushedLsn, atMs);
      case 'read':
        return this.read(happening.table, happening.flushedLsn);
      case 'exported':
        for (const id of this.invisible.keys()) if (happening.isCommitted(id)) this.reach('F12');
        return;
      case 'stream cut':
        this.cut.add(happening.slot);
        return;
      case 'stream begun':
        if (this.cut.delete(happening.slot)) this.reach('F36');
    }
  }

  private written(transaction: SourceTransaction, atMs: number): void {
    if (transaction.firstLsn === this.endLsn) this.reach('F35 begins where a commit ends');
    if (transaction.together > 1) this.reach('F35 at one place');
    this.endLsn = transaction.endLsn;
    this.invisible.set(transaction.id, { transaction, atMs, metLoad: false });
  }

  private visible(id: bigint, flushedLsn: bigint, atMs: number): void {
    const written = this.invisible.get(id);
    if (written === undefined) return;
    this.invisible.delete(id);
    // The load has read past it, or waited for it all the time.
    const metLoad = written.metLoad || (this.batches.hasBegun && this.batches.isLoading);
    if (metLoad && atMs - written.atMs >= STALLED_MS) this.reach('F13');
    if (written.transaction.endLsn > flushedLsn) this.unflushed.push(written.transaction);
  }

  private read(table: string, flushedLsn: bigint): void {
    if (!this.batches.isLoading) return;
    for (const written of this.invisible.values()) {
      written.metLoad = true;
      if (written.transaction.tables.includes(table)) this.reach('F11');
    }
    this.unflushed = this.unflushed.filter(({ endLsn }) => endLsn > flushedLsn);
    if (this.unflushed.some(({ tables }) => tables.includes(table))) this.reach('F14');
  }
}
