import type { CollectionPlan, Plan, TouchRecord } from '#model';

/** Roots of one collection that are written alike. */
export interface Roots {
  collection: CollectionPlan;
  keys: string[];
  /** Roots of former incarnations, with the `_id` that they were written as. */
  former: Map<string, unknown>;
  build: boolean;
  committedAtMs: number | undefined;
}

type Group = Omit<Roots, 'collection' | 'keys'> & { keys: Set<string> };

/**
 * Each root once, however often it was touched. What building alone touches comes apart: those documents are not there, so
 * that a few other touches among them do not make all of them be looked for.
 */
export function groupTouches(plan: Plan, records: readonly TouchRecord[]): Roots[] {
  const groups = new Map<number, { built: Group; others: Group }>();
  for (const record of records) {
    let both = groups.get(record.collection);
    if (!both) {
      both = { built: emptyGroup(true), others: emptyGroup(false) };
      groups.set(record.collection, both);
    }
    const group = record.origin === 'build' ? both.built : both.others;
    const { committedAtMs: at } = record;
    if (at !== undefined) group.committedAtMs = Math.min(at, group.committedAtMs ?? at);
    record.roots.forEach((root, i) => {
      group.keys.add(root);
      if (record.origin === 'former') group.former.set(root, record.ids?.[i]);
    });
  }
  return [...groups].flatMap(([index, { built, others }]) => {
    for (const root of others.keys) built.keys.delete(root);
    const collection = plan.collections[index] as CollectionPlan;
    return [built, others]
      .filter(({ keys }) => keys.size > 0)
      .map((group): Roots => ({ ...group, collection, keys: [...group.keys] }));
  });
}

function emptyGroup(build: boolean): Group {
  return { keys: new Set(), former: new Map(), build, committedAtMs: undefined };
}
