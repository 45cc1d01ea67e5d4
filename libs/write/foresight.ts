import type { CollectionRef, DocumentRefused, Store } from '#store';
import type { TargetWrite } from './target-writes.js';

/** After a refusal so many transactions are looked at, and again so many after each find. */
const LOOKED_AT = 64;

/**
 * Where a collection's validation has refused a document lately: which documents of the next transactions it refuses as well, so
 * that they do not end the transaction of all others. Where nothing was refused, nobody asks.
 */
export class Foresight {
  private left = 0;

  constructor(
    private readonly store: Pick<Store, 'foresee'>,
    private readonly target: CollectionRef,
  ) {}

  refused(): void {
    this.left = LOOKED_AT;
  }

  /** By root. */
  async of(writes: readonly TargetWrite[]): Promise<ReadonlyMap<string, DocumentRefused>> {
    if (this.left === 0 || writes.length === 0) return NONE;
    this.left--;
    const documents = writes.map(({ document }) => document);
    const refused = (await this.store.foresee?.(this.target, documents as never)) ?? [];
    if (refused.length > 0) this.left = LOOKED_AT;
    return new Map(refused.map((refusal) => [(writes[refusal.index as number] as TargetWrite).root, refusal]));
  }
}

const NONE: ReadonlyMap<string, DocumentRefused> = new Map();
