import type { Plan } from '#model';
import type { IncarnationNames } from '#stage';
import type { CollectionRef, Store } from '#store';
import { claimId } from './claim.js';

/** Deletes a document of the target that no root has ever made, as verification found it. */
export class OrphanRemover {
  constructor(
    private readonly plan: Plan,
    private readonly names: IncarnationNames,
    private readonly store: Store,
  ) {}

  /** Only where its bytes are still these and no root owns the `_id`; resolves with whether it was deleted. */
  async removeOrphan(collection: number, id: unknown, bytes: Uint8Array): Promise<boolean> {
    const plan = this.plan.collections[collection];
    if (plan === undefined) return false;
    const target: CollectionRef = { database: 'target', name: plan.name };
    return this.store.transact('orphan', async (tx) => {
      const found = (await tx.byId(target, id, { raw: true })) as unknown as Uint8Array | undefined;
      if (found === undefined || Buffer.compare(found, bytes) !== 0) return false;
      if (plan.claims && (await tx.byId(this.names.claims, claimId(collection, id))) !== undefined) return false;
      return (await tx.remove(target, [id])) > 0;
    });
  }
}
