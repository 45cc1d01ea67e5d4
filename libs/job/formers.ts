import type { Assembler } from '#mapping';
import type { CollectionPlan, Plan, StagedRow } from '#model';
import { type Incarnation, IncarnationNames } from '#stage';
import type { Store } from '#store';
import type { Toucher } from '#transform';
import type { Claim } from '#write';
import type { Former } from './job-record.js';

const ROOTS_PER_PAGE = 2_000;

interface Visit {
  former: Former;
  plan: Plan;
  assembler: Assembler;
  store: Store;
  toucher: Toucher;
}

/**
 * Roots of former incarnations: what they wrote may not be in the mapping or in the source any more. Each is touched with
 * the `_id` that it was written as, so that the document goes where no root of now owns it. Also those that are `gone`
 * there, or have no document by what their row says: the load may have been given up before the document followed its row.
 */
export async function touchFormerRoots(visit: Visit): Promise<void> {
  const { former, plan } = visit;
  for (const collection of former.plan.collections) {
    const present = plan.collections.find((candidate) => candidate.name === collection.name);
    if (present === undefined) continue;
    await (collection.claims ? touchOwners : touchStaged)(visit, collection, present.index);
  }
}

async function touchStaged(visit: Visit, collection: CollectionPlan, index: number): Promise<void> {
  const { former, assembler, store, toucher } = visit;
  const stage = new IncarnationNames(former).stage(former.plan.nodes[collection.root]?.table as number);
  const idOf = (row: StagedRow): unknown => assembler.idOfKey(collection.index, row._id);
  for (let after: string | undefined; ; ) {
    const range = after === undefined ? {} : { after };
    const rows = (await store.read.range(stage, range, { limit: ROOTS_PER_PAGE })) as unknown as StagedRow[];
    const known = rows.map((row) => ({ root: row._id, id: idOf(row) })).filter(({ id }) => id !== undefined);
    await touch(toucher, index, known);
    if (rows.length < ROOTS_PER_PAGE) return;
    after = rows.at(-1)?._id;
  }
}

/** What each root was last written as, which need not be what its row says by now. */
async function touchOwners(visit: Visit, collection: CollectionPlan, index: number): Promise<void> {
  const { former, store, toucher } = visit;
  const { claims } = new IncarnationNames(former);
  let after = `${collection.index}:`;
  for (;;) {
    const range = { after, upTo: `${collection.index};` };
    const page: Claim[] = await store.read.range<Claim>(claims, range, { limit: ROOTS_PER_PAGE, exact: true });
    await touch(toucher, index, page);
    if (page.length < ROOTS_PER_PAGE) return;
    after = page.at(-1)?._id ?? after;
  }
}

async function touch(
  toucher: Toucher,
  collection: number,
  known: readonly { root: string; id: unknown }[],
): Promise<void> {
  if (known.length === 0) return;
  await toucher.touchFormer(
    collection,
    known.map(({ root }) => root),
    known.map(({ id }) => id),
  );
}

/** Removes what an incarnation kept in the state database. */
export async function dropIncarnation({ incarnation, incarnationId }: Incarnation, store: Store): Promise<void> {
  await dropNamed(`${incarnation}-${incarnationId}`, store);
}

/** What tries that were cut short have left under the number of this one. */
export async function dropOthers({ incarnation, incarnationId }: Incarnation, store: Store): Promise<void> {
  await dropNamed(`${incarnation}-(?!${incarnationId})[0-9a-f]+`, store);
}

async function dropNamed(label: string, store: Store): Promise<void> {
  const suffix = new RegExp(`^(?:fences|claims|letters|tasks|chunks|builds|rereads|stage)_${label}(?:_|$)`);
  for (const name of await store.collections('state')) {
    if (suffix.test(name)) await store.drop({ database: 'state', name });
  }
}
