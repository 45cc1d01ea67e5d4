import { partitionOf } from '#log';
import type { CollectionPlan, Plan, StagedRow } from '#model';
import type { IncarnationNames, TouchesFence } from '#stage';
import type { StoreTransaction } from '#store';
import type { Outcome } from './document-batch.js';
import { type Cause, hasFailed, type Letter, letterId, writeLetter } from './letter.js';

export interface LettersOfBatch {
  fence: TouchesFence;
  partition: number;
  plan: Plan;
  collection: CollectionPlan;
  outcomes: readonly Outcome[];
  causes: ReadonlyMap<string, Cause>;
  /** What `formerOf` found for them, in this transaction; looked for where it is not given. */
  former?: readonly Letter[];
  rows: ReadonlyMap<string, StagedRow>;
  /** Roots of other batches, mostly of other partitions, whose `_id` a root of this one took. */
  ousted: ReadonlyMap<string, Cause>;
}

export interface SettledLetters {
  written: readonly Letter[];
  /** Documents that failed and had not before; one that waits for its `_id` has not failed yet. */
  failed: number;
}

const MOST_NOTED = 1_000;
const NONE: SettledLetters = { written: [], failed: 0 };

/**
 * Dead letters, written and cleared in the transaction that does not or does write the document: no older success clears a
 * newer letter, and none is lost. The fence counts those of its partition, so that where there are none nobody looks.
 */
export class Letters {
  constructor(
    private readonly names: IncarnationNames,
    private readonly now: () => Date,
    /** Of the topic `touches`. */
    private readonly partitions: number,
    /** Told once their transaction has committed: what was written, and how many documents failed that had not before. */
    private readonly onWritten: (letters: readonly Letter[], failed: number) => void,
  ) {}

  /** Letters that roots have; where the fence counts none, nobody looks. All there are, where those are likely fewer than the roots. */
  async formerOf(
    tx: StoreTransaction,
    fence: TouchesFence,
    collection: CollectionPlan,
    roots: readonly string[],
  ): Promise<Letter[]> {
    if (fence.letters === 0) return [];
    if (fence.letters * this.partitions <= roots.length) {
      const all = await tx.range<Letter>(this.names.letters, {}, { limit: roots.length + 1 });
      const asked = new Set(roots);
      if (all.length <= roots.length)
        return all.filter((letter) => letter.collection === collection.name && asked.has(letter.root));
    }
    return tx.byIds<Letter>(
      this.names.letters,
      roots.map((root) => letterId(collection.name, root)),
    );
  }

  async settle(tx: StoreTransaction, batch: LettersOfBatch): Promise<SettledLetters> {
    const own = await this.ownLetters(tx, batch);
    if (batch.ousted.size === 0) return own;
    const others = await this.oust(tx, batch);
    return { ...own, written: [...own.written, ...others] };
  }

  private async ownLetters(tx: StoreTransaction, batch: LettersOfBatch): Promise<SettledLetters> {
    const { fence, causes, collection } = batch;
    if (fence.letters === 0 && causes.size === 0) return NONE;
    const roots = batch.outcomes.filter(({ kind }) => kind !== 'none').map(({ root }) => root);
    const acting = new Set(roots);
    const found = batch.former ?? (await this.formerOf(tx, fence, collection, roots));
    const former = found.filter(({ root }) => acting.has(root));
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
    const failed = written.filter((letter) => hasFailed(letter) && !hasFailed(byRoot.get(letter.root))).length;
    return { written, failed };
  }

  /**
   * Letters of roots that lost their document here: without them nothing would tell of these roots, nor bring them back
   * when the `_id` is free. They count in the fences of their own partitions.
   */
  private async oust(tx: StoreTransaction, { plan, collection, ousted }: LettersOfBatch): Promise<Letter[]> {
    const roots = [...ousted.keys()];
    const ids = roots.map((root) => letterId(collection.name, root));
    const there = new Set((await tx.byIds<Letter>(this.names.letters, ids)).map((letter) => letter.root));
    const stage = this.names.stage(plan.nodes[collection.root]?.table as number);
    const rows = new Map((await tx.byIds(stage, roots)).map((row) => [row._id, row as unknown as StagedRow]));
    const written: Letter[] = [];
    for (const [root, cause] of ousted) {
      if (there.has(root)) continue;
      const partition = partitionOf(collection.index, root, this.partitions);
      const row = rows.get(root);
      written.push(writeLetter({ plan, collection, root, row, cause, former: undefined, now: this.now(), partition }));
      await tx.patch(this.names.fences, this.names.touchesFence(partition), { inc: { letters: 1 } });
    }
    if (written.length > 0) await tx.put(this.names.letters, written);
    return written;
  }

  /**
   * Roots that wait for one of these claims, which is free: due from now on, also for who comes after a crash. It is the
   * lowest one's; of very many only the lower ones are noted, so that the transaction stays small.
   */
  async wake(tx: StoreTransaction, claims: readonly string[]): Promise<string[]> {
    const letters = await tx.byField<Letter>(this.names.letters, 'waits', claims);
    if (letters.length === 0) return [];
    letters.sort((a, b) => (a.root < b.root ? -1 : 1));
    const nextAt = this.now();
    await tx.replace(
      this.names.letters,
      letters.slice(0, MOST_NOTED).map((letter) => ({ ...letter, nextAt })),
    );
    return letters.map((letter) => letter.root);
  }

  committed({ written, failed }: SettledLetters): void {
    if (written.length > 0) this.onWritten(written, failed);
  }
}
