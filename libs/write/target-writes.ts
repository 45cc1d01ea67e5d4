import type { CollectionRef, StoreTransaction } from '#store';
import { claimId } from './claim.js';

export interface TargetWrite {
  root: string;
  id: unknown;
  document: Record<string, unknown>;
}

/** One attempt at a transaction; tells which document a refused call was about. */
export interface Attempt {
  /** The roots of the documents of the call that is running, in its order. */
  calling: string[];
  insertFirst: boolean;
}

/**
 * Puts documents into the target in one transaction with few calls: inserts where nothing can be there yet, replaces by
 * `_id`, and inserts what a replace did not find.
 */
export async function writeDocuments(
  tx: StoreTransaction,
  target: CollectionRef,
  writes: readonly TargetWrite[],
  attempt: Attempt,
): Promise<void> {
  if (writes.length === 0) return;
  attempt.calling = writes.map((write) => write.root);
  const documents = writes.map((write) => write.document);
  if (attempt.insertFirst) {
    await tx.insert(target, documents as never);
    return;
  }
  const replaced = await tx.replace(target, documents as never);
  if (replaced === writes.length) return;
  const there = new Set(
    (
      await tx.byIds(
        target,
        writes.map((write) => write.id),
        { fields: ['_id'], exact: true },
      )
    ).map((doc) => identity(doc._id)),
  );
  const absent = writes.filter((write) => !there.has(identity(write.id)));
  attempt.calling = absent.map((write) => write.root);
  await tx.insert(target, absent.map((write) => write.document) as never);
}

function identity(id: unknown): string {
  return claimId(0, id);
}
