import { inWords } from '../../workload/index.js';
import type { CommittedChange, Sender } from '../../store/index.js';
import type { Batch, Happening, OpenTransaction, Reach, Watch } from '../happening.js';
import { type Batches, fenceOf, type Held } from './batches.js';

/** What one that stands still had written in a transaction, and whether another one has deleted some of it since. */
interface Sleeper {
  written: ReadonlySet<string>;
  isDeletedSince: boolean;
  isAwake: boolean;
}

/** As the broker's sessions, beyond which others have the work. */
export const SESSION_MS = 10_000;

/** F22, F23, F24: owners that do not know yet that others have their partitions. */
export class FormerOwnerWatch implements Watch {
  private readonly sleepers = new Map<string, Sleeper>();

  constructor(
    private readonly batches: Batches,
    private readonly reach: Reach,
  ) {}

  see(happening: Happening): void {
    switch (happening.kind) {
      case 'batch begun':
        return this.begun(happening.batch);
      case 'stood still':
        return this.sleeps(happening.process, happening.open);
      case 'went on':
        return this.wakes(happening.process, happening.stoodStillMs);
      case 'committed':
        return this.committed(happening.by, happening.changes);
      case 'retried':
        return this.acts(happening.process, happening.label);
      case 'batch completed':
        return this.late(this.batches.holding(happening.batch));
    }
  }

  private begun({ process, topic, partition, records }: Batch): void {
    const given = new Set(records);
    for (const held of this.batches.all()) {
      const { batch } = held;
      if (batch.process === process || batch.topic !== topic || batch.partition !== partition) continue;
      if (batch.records.some((record) => given.has(record))) held.isOvertaken = true;
    }
  }

  private sleeps(process: string, open: readonly OpenTransaction[]): void {
    const upserts = open.filter(({ label }) => label === 'touches').flatMap(({ documents }) => documents);
    const written = new Set(upserts.filter(({ isThere }) => isThere).map(nameOf));
    if (written.size > 0) this.sleepers.set(process, { written, isDeletedSince: false, isAwake: false });
  }

  private wakes(process: string, stoodStillMs: number): void {
    const sleeper = this.sleepers.get(process);
    if (sleeper !== undefined) sleeper.isAwake = true;
    if (stoodStillMs >= SESSION_MS) for (const held of this.batches.of(process)) held.hasSlept = true;
  }

  private committed(by: Sender, changes: readonly CommittedChange[]): void {
    for (const change of changes) {
      if (change.database !== 'target' || change.after !== undefined) continue;
      for (const [process, sleeper] of this.sleepers)
        if (process !== by.process && sleeper.written.has(nameOf(change))) sleeper.isDeletedSince = true;
    }
    this.acts(by.process, by.label);
    const fence = fenceOf(changes);
    if (fence !== undefined) this.late(this.batches.currentOf(by.process, fence.kind, fence.partition));
  }

  /** The first that it does after it woke is to end what it had begun. */
  private acts(process: string, label: string): void {
    const sleeper = this.sleepers.get(process);
    if (sleeper?.isAwake && label === 'touches') {
      if (sleeper.isDeletedSince) this.reach('F24');
      this.sleepers.delete(process);
    }
  }

  private late(held: Held | undefined): void {
    if (held === undefined) return;
    if (held.isOvertaken && !held.hasSlept && held.kind === 'touches') this.reach('F22');
    if (held.hasSlept && held.kind !== 'other') this.reach('F23');
    held.isOvertaken = false;
    held.hasSlept = false;
  }
}

const nameOf = ({ collection, _id }: { collection: string; _id: unknown }): string => `${collection} ${inWords(_id)}`;
