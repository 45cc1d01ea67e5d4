import type { RowsFence } from '#stage';
import { type CommittedChange, fieldOf } from '../store/index.js';

interface KnownFence {
  /** In which a majority got it last. */
  step: number;
  barrier: boolean;
}

/** Every transaction of a partition writes its fence: so it is known when a majority had the last one. */
export class CommittedFences {
  private readonly fences = new Map<string, KnownFence>();

  committed({ collection, _id, after }: Pick<CommittedChange, 'collection' | '_id' | 'after'>, step: number): void {
    if (after === undefined) return;
    this.fences.set(`${collection} ${String(_id)}`, { step, barrier: fieldOf(after, 'barrier') === true });
  }

  lastCommit(collection: string, fence: string): number | undefined {
    return this.fences.get(`${collection} ${fence}`)?.step;
  }

  hasBarrier(collection: string, fence: RowsFence['_id']): boolean {
    return this.fences.get(`${collection} ${fence}`)?.barrier === true;
  }
}
