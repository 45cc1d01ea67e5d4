import { captureNames } from '../../../libs/job/start-incarnation.js';
import { type Incarnation, IncarnationNames, JOB, JOB_ID } from '#stage';
import type { Plan } from '#model';
import { type CommittedChange, fieldOf } from '../store/index.js';

/** What laws need to know of the job's record. */
export interface RecordOfJob extends Incarnation {
  plan: Plan;
  epoch: number;
  loading: boolean;
  partitions: { rows: number };
}

export interface KnownIncarnation {
  names: IncarnationNames;
  plan: Plan;
  epoch: number;
  rowsPartitions: number;
  /** The step in which a majority had it that its stage is whole: who reads the phase from then on knows it. */
  wholeSince: number | undefined;
}

export interface OfTopic {
  incarnation: KnownIncarnation;
  kind: 'rows' | 'touches';
}

/** All incarnations of the job that a majority ever had in its record. */
export class Incarnations {
  private readonly bySlot = new Map<string, KnownIncarnation>();
  private readonly byTopic = new Map<string, OfTopic>();

  ofSlot(slot: string): KnownIncarnation | undefined {
    return this.bySlot.get(slot);
  }

  ofTopic(topic: string): OfTopic | undefined {
    return this.byTopic.get(topic);
  }

  committed({ collection, after }: Pick<CommittedChange, 'collection' | 'after'>, step: number): void {
    if (collection !== JOB.name || after === undefined || fieldOf(after, '_id') !== JOB_ID) return;
    const record = after as unknown as RecordOfJob;
    const known = this.known(record);
    if (!record.loading) known.wholeSince ??= step;
  }

  private known({ incarnation, incarnationId, plan, epoch, partitions }: RecordOfJob): KnownIncarnation {
    const { slot } = captureNames(plan.job, incarnation);
    const found = this.bySlot.get(slot);
    if (found?.names.incarnationId === incarnationId) return found;
    const names = new IncarnationNames({ incarnation, incarnationId });
    const made = { names, plan, epoch, rowsPartitions: partitions.rows, wholeSince: undefined };
    this.bySlot.set(slot, made);
    for (const kind of ['rows', 'touches'] as const)
      this.byTopic.set(names.topic(plan.job, kind), { incarnation: made, kind });
    return made;
  }
}
