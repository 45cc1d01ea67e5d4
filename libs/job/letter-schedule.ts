import type { RetryQueue } from '#dead-letter';
import type { IncarnationNames } from '#stage';
import type { Store } from '#store';
import type { Letter } from '#write';

const PER_PAGE = 1_000;
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
    let after: string | undefined;
    for (;;) {
      const range = after === undefined ? {} : { after };
      const page: Letter[] = await this.store.read.range<Letter>(this.names.letters, range, {
        limit: PER_PAGE,
        fields: FIELDS,
      });
      for (const { collectionIndex, root, nextAt } of page) {
        if (nextAt !== null && nextAt.getTime() <= untilMs) this.retries.add(collectionIndex, [root], nextAt.getTime());
      }
      if (page.length < PER_PAGE) return;
      after = page.at(-1)?._id;
    }
  }

  async refill(untilMs: number): Promise<void> {
    if (this.retries.lacks()) await this.fill(untilMs);
  }
}
