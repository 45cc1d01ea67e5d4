import type { RetryQueue } from '#dead-letter';
import type { IncarnationNames } from '#stage';
import { allInRange, type Store } from '#store';
import type { Letter } from '#write';

const FIELDS = ['collectionIndex', 'root', 'nextAt'] as const;

/** Fills the retry queue from the letters: at the start, and where it could not hold all of them. */
export class LetterSchedule {
  constructor(
    private readonly store: Store,
    private readonly names: IncarnationNames,
    private readonly retries: RetryQueue,
  ) {}

  /** With those that are due by then. */
  async fill(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    for await (const letter of allInRange<Letter>(this.store.read, this.names.letters, {}, { fields: FIELDS })) {
      const { collectionIndex, root, nextAt } = letter;
      if (nextAt !== null && nextAt.getTime() <= untilMs) this.retries.add(collectionIndex, [root], nextAt.getTime());
    }
  }

  async refill(untilMs: number): Promise<void> {
    if (this.retries.lacks()) await this.fill(untilMs);
  }
}
