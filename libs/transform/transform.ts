import type { Log } from '#log';
import { compileRowStager, type Evaluator } from '#mapping';
import type { Plan } from '#model';
import type { AsHolder, IncarnationNames } from '#stage';
import type { Store } from '#store';
import { BuildActor } from './build-actor.js';
import { FanOutTasks } from './fan-out.js';
import { PhaseView } from './phase-view.js';
import { Resolver } from './resolver.js';
import { RowActor, type RowActorParts } from './row-actor.js';
import { stageTables } from './stage-tables.js';
import { Toucher } from './toucher.js';

export interface TransformParts {
  plan: Plan;
  names: IncarnationNames;
  partitions: { rows: number; touches: number; tasks: number };
  store: Store;
  asHolder: AsHolder;
  log: Log;
  evaluator: Evaluator;
  tuning: { rootsPerBuildTask: number };
  /** From how many rows on what one leads to is a task of its own, and of how many roots its pages are; for tests. */
  fanOut?: { rows: number; page: number };
  onBuilt: (collection: number, roots: number) => void;
  onStaged?: RowActorParts['onStaged'];
  /** Something failed for good: the engine stops. */
  onFailure: (error: unknown) => void;
}

/** What owns rows, for one incarnation. */
export interface Transform {
  rows: RowActor;
  fanOut: FanOutTasks;
  build: BuildActor;
  toucher: Toucher;
}

export type MakeTransform = (parts: TransformParts) => Transform;

export const makeTransform: MakeTransform = (parts) => {
  const { plan, names, store, asHolder, log, tuning, fanOut: fanOutSizes } = parts;
  const toucher = new Toucher(log, store, names.topic(plan.job, 'touches'), parts.partitions.touches);
  const resolver = new Resolver(plan, names, store.read, fanOutSizes?.rows);
  const fanOut = new FanOutTasks(store, names, resolver, toucher, parts.onFailure, fanOutSizes?.page);
  const rows = new RowActor({
    names,
    store,
    resolver,
    toucher,
    fanOut,
    tables: stageTables(plan, names, (table) => compileRowStager(plan, table.index).ofTuple),
    evaluator: parts.evaluator,
    phase: new PhaseView(store.read, names.incarnation),
    partitions: parts.partitions.rows,
    ...(parts.onStaged && { onStaged: parts.onStaged }),
  });
  const build = new BuildActor({
    plan,
    names,
    store,
    asHolder,
    log,
    toucher,
    topic: names.topic(plan.job, 'build-tasks'),
    partitions: parts.partitions.tasks,
    rootsPerTask: tuning.rootsPerBuildTask,
    onRoots: parts.onBuilt,
  });
  return { toucher, fanOut, rows, build };
};
