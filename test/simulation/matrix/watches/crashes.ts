import type { CommittedChange, Sender } from '../../store/index.js';
import type { Batch, Happening, OpenTransaction, Reach, Watch } from '../happening.js';
import { type Batches, fenceOf } from './batches.js';

/** What changed for good, and not only a fence. */
const changesRows = ({ collection }: CommittedChange): boolean => collection.startsWith('stage_');
const changesDocuments = ({ database }: CommittedChange): boolean => database === 'target';

/** F1 to F4, F6: what a process that is gone had done, and what it had not. */
export class CrashWatch implements Watch {
  constructor(
    private readonly batches: Batches,
    private readonly reach: Reach,
  ) {}

  see(happening: Happening): void {
    switch (happening.kind) {
      case 'killed':
      case 'session over':
        if (!this.batches.isGone(happening.process)) this.isGone(happening.process, happening.open);
        return;
      case 'committed':
        return this.committed(happening.by, happening.changes);
      case 'batch begun':
        return this.begun(happening.batch);
    }
  }

  private committed({ process }: Sender, changes: readonly CommittedChange[]): void {
    const fence = fenceOf(changes);
    if (fence === undefined || !changes.some(fence.kind === 'rows' ? changesRows : changesDocuments)) return;
    const held = this.batches.currentOf(process, fence.kind, fence.partition);
    // While it loads nothing is touched after it.
    if (held !== undefined && !(fence.kind === 'rows' && this.batches.isLoading)) this.batches.commit(held);
  }

  private isGone(process: string, open: readonly OpenTransaction[]): void {
    for (const held of this.batches.of(process)) if (held.kind === 'rows' && held.isCommitted) this.reach('F1');
    for (const { label, documents } of open) if (label === 'touches' && documents.length > 0) this.reach('F4');
  }

  private begun({ process, records, topic }: Batch): void {
    let isAgain = false;
    for (const record of records) {
      const fate = this.batches.fateOf(record);
      if (fate === undefined) continue;
      isAgain = true;
      if (fate.process === process || !this.batches.isGone(fate.process) || !fate.isCommitted) continue;
      if (topic.endsWith('.touches')) return this.reachBoth('F3');
      if (topic.endsWith('.rows') && fate.isCompleted) return this.reachBoth('F2');
    }
    if (isAgain) this.reach('F6');
  }

  private reachBoth(counter: string): void {
    this.reach(counter);
    this.reach('F6');
  }
}
