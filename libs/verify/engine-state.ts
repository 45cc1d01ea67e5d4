import type { CollectionPlan, Plan, StagedRow } from '#model';
import type { IncarnationNames } from '#stage';
import type { Store } from '#store';
import { type Claim, claimId, type Letter, letterId } from '#write';
import type { EngineState } from './ports.js';

/** The engine's records of one incarnation, read from the state database. */
export function engineState(plan: Plan, names: IncarnationNames, store: Pick<Store, 'read'>): EngineState {
  const { read } = store;
  const nameOf = (collection: number) => (plan.collections[collection] as CollectionPlan).name;
  return {
    async hasLetters(collection) {
      const some = await read.byField<Letter>(names.letters, 'collection', [nameOf(collection)], {
        fields: [],
        limit: 1,
      });
      return some.length > 0;
    },
    async letters(collection, roots) {
      const ids = roots.map((root) => letterId(nameOf(collection), root));
      const letters = await read.byIds<Letter>(names.letters, ids, { fields: ['root'] });
      return new Set(letters.map((letter) => letter.root));
    },
    async owners(collection, ids) {
      const keys = ids.map((id) => claimId(collection, id));
      const claims = await read.byIds<Claim>(names.claims, [...new Set(keys)], { fields: ['root'] });
      const roots = new Map(claims.map((claim) => [claim._id, claim.root]));
      return keys.map((key) => roots.get(key));
    },
    staged: async (table, keys) => (await read.byIds(names.stage(table), keys)) as unknown as StagedRow[],
    joined: async (table, join, values) =>
      (await read.byField(names.stage(table), `k.${join}`, values)) as unknown as StagedRow[],
  };
}
