import type { CollectionPlan, Plan, StagedRow } from '#model';
import type { IncarnationNames, TouchesFence } from '#stage';
import type { StoreTransaction } from '#store';
import type { Outcome } from './document-batch.js';
import { type Cause, type Letter, letterId, writeLetter } from './letter.js';

export interface LettersOfBatch {
  fence: TouchesFence;
  partition: number;
  plan: Plan;
  collection: CollectionPlan;
  outcomes: readonly Outcome[];
  causes: ReadonlyMap<string, Cause>;
  rows: ReadonlyMap<string, StagedRow>;
}

export interface SettledLetters {
  written: readonly Letter[];
  /** Documents that had no letter before. */
  fresh: number;
}

const NONE: SettledLetters = { written: [], fresh: 0 };

/**
 * Dead letters, written and cleared in the transaction that does not or does write the document: no older success clears a
 * newer letter, and none is lost. The fence counts those of its partition, so that where there are none nobody looks.
 */
export class Letters {
  constructor(
    private readonly names: IncarnationNames,
    private readonly now: () => Date,
    /** Told once their transaction has committed: what was written, and how many documents had no letter before. */
    private readonly onWritten: (letters: readonly Letter[], fresh: number) => void,
  ) {}

  async settle(tx: StoreTransaction, batch: LettersOfBatch): Promise<SettledLetters> {
    const { fence, causes, collection } = batch;
    if (fence.letters === 0 && causes.size === 0) return NONE;
    const ids = batch.outcomes
      .filter((outcome) => outcome.kind !== 'none')
      .map((outcome) => letterId(collection.name, outcome.root));
    const former = fence.letters === 0 ? [] : await tx.byIds<Letter>(this.names.letters, ids);
    const byRoot = new Map(former.map((letter) => [letter.root, letter]));
    const written = [...causes].map(([root, cause]) =>
      writeLetter({
        plan: batch.plan,
        collection,
        root,
        row: batch.rows.get(root),
        cause,
        former: byRoot.get(root),
        now: this.now(),
        partition: batch.partition,
      }),
    );
    const cleared = former.filter((letter) => !causes.has(letter.root));
    if (written.length > 0) await tx.put(this.names.letters, written);
    if (cleared.length > 0)
      await tx.remove(
        this.names.letters,
        cleared.map((letter) => letter._id),
      );
    const fresh = written.filter((letter) => !byRoot.has(letter.root)).length;
    if (fresh !== cleared.length) {
      await tx.patch(this.names.fences, fence._id, { inc: { letters: fresh - cleared.length } });
    }
    return { written, fresh };
  }

  /** Roots that wait for one of these claims. */
  async waitingFor(tx: StoreTransaction, claims: readonly string[]): Promise<string[]> {
    const letters = await tx.byField<Letter>(this.names.letters, 'waits', claims);
    return letters.map((letter) => letter.root);
  }

  committed({ written, fresh }: SettledLetters): void {
    if (written.length > 0) this.onWritten(written, fresh);
  }
}
