import type { CreatedSlot } from './slots.js';
import { following, snapshotOf, type Transactions } from './transactions.js';
import type { Wal } from './wal.js';

const RUNNING_BYTES = 0x38;

/**
 * How PostgreSQL builds the snapshot of a slot (`snapbuild.c`): it notes which transactions run and waits for their end,
 * twice, where any do. From the first note on it counts as committed whatever commit record it has decoded, also what is
 * not visible by then, and not even in the commit log.
 */
export class SlotCreation {
  private readonly firstId: bigint;
  private waitsFor: bigint;
  private phase: 'building' | 'full' | 'consistent' = 'building';

  constructor(
    private readonly wal: Wal,
    private readonly transactions: Transactions,
  ) {
    this.firstId = transactions.nextId;
    this.waitsFor = this.noteRunning();
  }

  /** Undefined while it has to wait for a transaction. */
  attempt(): CreatedSlot | undefined {
    while (this.phase !== 'consistent') {
      if (this.transactions.oldestRunning() < this.waitsFor) return undefined;
      this.phase = this.phase === 'building' ? 'full' : 'consistent';
      this.waitsFor = this.noteRunning();
    }
    return { point: this.wal.inserted, snapshot: this.exported() };
  }

  private noteRunning(): bigint {
    this.wal.write(RUNNING_BYTES);
    this.wal.flush();
    return this.transactions.nextId;
  }

  private exported() {
    const committed = new Set<bigint>();
    for (const { id } of this.wal.transactions) if (id >= this.firstId) committed.add(id);
    let xmax = this.firstId;
    for (const id of committed) if (id >= xmax) xmax = following(id);
    const inProgress: bigint[] = [];
    for (let id = this.firstId; id < xmax; id = following(id)) if (!committed.has(id)) inProgress.push(id);
    return snapshotOf(xmax, inProgress, this.firstId);
  }
}
