import { describe, expect, test } from '@jest/globals';
import { Int32 } from 'bson';
import type { CollectionPlan, Plan } from '#model';
import { Judge } from './judge.js';
import { PLAN, World } from './testing/world.js';

const NEVER = new AbortController().signal;
const CLAIMED: CollectionPlan = { ...(PLAN.collections[0] as CollectionPlan), claims: true };
const PLAN_WITH_CLAIMS: Plan = { ...PLAN, collections: [CLAIMED] };

/** Order 3 and its document are right; another root, which is gone, had the `_id` when it was asked about. */
async function askAboutThree(owners: (round: number) => string | undefined): Promise<unknown> {
  const world = new World();
  world.put(0, '3', 's');
  world.drain();
  let round = 0;
  const deps = world.deps();
  const state = { ...deps.state, owners: async (_: number, ids: readonly unknown[]) => ids.map(() => owners(++round)) };
  const question = { about: 'id', root: 'NB99', id: '0:n3', documentId: new Int32(3) } as const;
  const [judged] = await new Judge({ ...deps, plan: PLAN_WITH_CLAIMS, state }).judge(CLAIMED, [question], NEVER);
  return judged?.verdict.kind;
}

describe('a document whose _id can be claimed', () => {
  test('is judged with the root that owns the _id now, not with the one that did', async () => {
    expect(await askAboutThree(() => 'NA3')).toBe('none');
    expect(await askAboutThree((round) => (round < 3 ? 'NB99' : 'NA3'))).toBe('none');
  });

  test('is extra where its owner does not make it', async () => {
    expect(await askAboutThree(() => 'NB99')).toBe('extra');
  });
});
