import type { Assembler } from '#mapping';
import type { Plan, StagedRow } from '#model';
import { IncarnationNames } from '#stage';
import type { Store } from '#store';
import type { Toucher } from '#transform';
import type { Former } from './job-record.js';

const ROOTS_PER_PAGE = 2_000;

/**
 * Roots of former incarnations: what they wrote may not be in the mapping or in the source any more. Each is touched with
 * the `_id` that it was written as, so that the document goes where no root of now owns it.
 */
export async function touchFormerRoots(
  former: Former,
  plan: Plan,
  assembler: Assembler,
  store: Store,
  toucher: Toucher,
): Promise<void> {
  const names = new IncarnationNames(former.incarnation);
  for (const collection of former.plan.collections) {
    const present = plan.collections.find((candidate) => candidate.name === collection.name);
    const table = former.plan.nodes[collection.root]?.table;
    if (present === undefined || table === undefined) continue;
    let after: string | undefined;
    for (;;) {
      const range = after === undefined ? {} : { after };
      const rows = (await store.read.range(names.stage(table), range, {
        limit: ROOTS_PER_PAGE,
      })) as unknown as StagedRow[];
      const roots: string[] = [];
      const ids: unknown[] = [];
      for (const row of rows) {
        const id = row.gone ? undefined : assembler.idOf(collection.index, row);
        if (id === undefined) continue;
        roots.push(row._id);
        ids.push(id);
      }
      if (roots.length > 0) await toucher.touchFormer(present.index, roots, ids);
      if (rows.length < ROOTS_PER_PAGE) break;
      after = rows.at(-1)?._id;
    }
  }
}

/** Removes what an incarnation kept in the state database. */
export async function dropIncarnation(incarnation: number, store: Store): Promise<void> {
  const suffix = new RegExp(`^(?:fences|claims|letters|tasks|chunks|builds|rereads|stage)_${incarnation}(?:_|$)`);
  for (const name of await store.collections('state')) {
    if (suffix.test(name)) await store.drop({ database: 'state', name });
  }
}
