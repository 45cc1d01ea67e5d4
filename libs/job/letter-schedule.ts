import type { RetryQueue } from '#dead-letter';
import type { IncarnationNames } from '#stage';
import { allInRange, type Store } from '#store';
import type { Letter } from '#write';

/** As many as the queue holds; those that come later come when these are done. */
const MOST = 100_000;

const FIELDS = ['collectionIndex', 'root', 'nextAt'] as const;

/** Fills the retry queue from the letters: at the start, and where it could not hold all of them. */
export class LetterSchedule {
  /** When letters are due that were put into the queue lately, and so are there. */
  private readonly known = new Map<string, number>();
  private knownSinceMs = 0;

  constructor(
    private readonly store: Store,
    private readonly names: IncarnationNames,
    private readonly retries: RetryQueue,
    /** A letter is not put there again for so long, unless it is due at another time. */
    private readonly knownMs = 0,
  ) {}

  /** With those that are due by then. */
  async fill(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    const { letters } = this.names;
    if (untilMs === Number.POSITIVE_INFINITY) {
      for await (const letter of allInRange<Letter>(this.store.read, letters, {}, { fields: FIELDS })) this.add(letter);
      return;
    }
    if (untilMs - this.knownSinceMs > this.knownMs) this.forget(untilMs);
    const due = { fields: FIELDS, limit: MOST };
    for (const letter of await this.store.read.upTo<Letter>(letters, 'nextAt', new Date(untilMs), due))
      this.add(letter);
  }

  async refill(untilMs: number): Promise<void> {
    if (this.retries.lacks()) await this.fill(untilMs);
  }

  /** Takes nothing to be in the queue. */
  forget(nowMs = 0): void {
    this.known.clear();
    this.knownSinceMs = nowMs;
  }

  private add({ _id, collectionIndex, root, nextAt }: Letter): void {
    if (nextAt === null) return;
    const dueMs = nextAt.getTime();
    if (this.knownMs > 0 && this.known.get(_id) === dueMs) return;
    if (this.knownMs > 0) this.known.set(_id, dueMs);
    this.retries.add(collectionIndex, [root], dueMs);
  }
}
