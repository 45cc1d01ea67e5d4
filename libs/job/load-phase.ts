import type { Store } from '#store';
import type { Plan } from '#model';
import type { IncarnationNames } from '#stage';
import type { Engine } from './engine.js';
import type { JobState } from './job-record.js';
import type { HeldLease } from './lease.js';

export interface LoadPhaseParts {
  engine: Engine;
  state: JobState;
  store: Store;
  plan: Plan;
  names: IncarnationNames;
  lease: HeldLease;
  /** All rows are read. */
  onLoaded: () => Promise<void>;
}

/**
 * Loading: all chunks, then the indexes that walks and assembling need, then the barrier. Building begins when every
 * partition has passed it: only then is the stage whole.
 */
export async function runLoadPhase(parts: LoadPhaseParts, signal: AbortSignal): Promise<void> {
  const { engine, state } = parts;
  const planned = new Set(state.record.plannedTables);
  const onPlanned = async (table: number): Promise<void> => {
    planned.add(table);
    await state.set({ plannedTables: [...planned] });
  };
  await engine.orFailed(engine.river.load.load(planned, onPlanned, signal));
  await engine.loaded(signal);
  await parts.onLoaded();
  await engine.orFailed(makeIndexes(parts));
  await engine.barrier(signal);
  signal.throwIfAborted();
  await state.advance('building', { loading: false });
}

/** One index per edge that joins by something else than a key; made after the load, when that costs least. */
async function makeIndexes({ lease, store, plan, names }: LoadPhaseParts): Promise<void> {
  for (const table of plan.tables) {
    const walkedUp = new Set(table.nodes.flatMap((id) => joinsToChildren(plan, id)));
    for (const { name } of table.joins) {
      // An index makes its collection, also where the job is gone.
      await lease.confirm();
      const make = () => store.createIndex(names.stage(table.index), `k.${name}`, { thenId: walkedUp.has(name) });
      await lease.keptFor(make);
    }
  }
}

/** Columns of this node by which its children find it: a look-up row may have very many parents, read page by page. */
function joinsToChildren(plan: Plan, id: number): string[] {
  const children = plan.nodes[id]?.children ?? [];
  return children.flatMap((child) => plan.nodes[child]?.edge?.parent.name ?? []);
}

/** Building: every staged root once, those of former loads too; then their stages go. */
export async function runBuildPhase(
  parts: { engine: Engine; state: JobState; store: Store; visitFormers: () => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  const { engine, state } = parts;
  const planned = new Set(state.record.plannedCollections);
  const onPlanned = async (collection: number): Promise<void> => {
    planned.add(collection);
    await state.set({ plannedCollections: [...planned] });
  };
  await engine.orFailed(engine.river.build.build(planned, onPlanned, signal));
  await engine.built(signal);
  await engine.orFailed(parts.visitFormers());
  signal.throwIfAborted();
}
