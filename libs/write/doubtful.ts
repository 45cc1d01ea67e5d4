import type { CollectionRef, Store } from '#store';
import type { TargetWrite } from './target-writes.js';

/** After a refusal so many transactions are looked at, and again so many after each find. */
const LOOKED_AT = 64;

/**
 * Where a validator has refused a document lately: which documents of the next transactions it would refuse as well, so that they
 * are written apart and do not end the transaction of all others. A hint, which decides on nothing else: what is doubtful is
 * tried all the same, and MongoDB's own word is in its letter.
 */
export class Doubtful {
  private left = 0;

  constructor(
    private readonly store: Pick<Store, 'foresee'>,
    private readonly target: CollectionRef,
  ) {}

  refused(): void {
    this.left = LOOKED_AT;
  }

  /** Their roots. */
  async of(writes: readonly TargetWrite[]): Promise<ReadonlySet<string>> {
    if (this.left === 0 || writes.length === 0) return NONE;
    this.left--;
    const documents = writes.map(({ document }) => document);
    const places = (await this.store.foresee?.(this.target, documents as never)) ?? [];
    if (places.length > 0) this.left = LOOKED_AT;
    return new Set(places.map((place) => (writes[place] as TargetWrite).root));
  }
}

const NONE: ReadonlySet<string> = new Set();
