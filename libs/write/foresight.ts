import type { CollectionRef, DocumentRefused, Store } from '#store';
import type { TargetWrite } from './target-writes.js';

/** Of an actor that begins, so many transactions are looked at … */
const FIRST_LOOKED_AT = 8;
/** … and so many after a refusal, and again so many after each find. */
const LOOKED_AT = 64;

/**
 * At first, and where a collection's validation has refused a document lately: which documents of the next transactions it refuses,
 * so that they do not end the transaction of all others. Where nothing is refused, nobody asks for long.
 */
export class Foresight {
  private left = FIRST_LOOKED_AT;

  constructor(
    private readonly store: Pick<Store, 'foresee'>,
    private readonly target: CollectionRef,
  ) {}

  /** Whether further refusals are to be expected: this one was not foreseen although it was looked for. */
  refused(): boolean {
    const wasLooking = this.left > 0;
    this.left = LOOKED_AT;
    return wasLooking || this.store.foresee === undefined;
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
