import { awaitedLater, type Log, type LogBatch } from '#log';
import type { CollectionPlan, Plan } from '#model';
import { type AsHolder, type IncarnationNames, type RecordedTask, RecordedTasks, type TaskRecord } from '#stage';
import type { CollectionRef, Store } from '#store';
import type { Toucher } from './toucher.js';

/** A range of a collection's roots, by their keys, durable before it is touched. */
export interface BuildRecord extends TaskRecord {
  collection: number;
  after: string | null;
  upTo: string | null;
  roots: number;
}

export interface BuildActorParts {
  plan: Plan;
  names: IncarnationNames;
  store: Store;
  asHolder: AsHolder;
  log: Log;
  topic: string;
  partitions: number;
  toucher: Toucher;
  rootsPerTask: number;
  onRoots: (collection: number, roots: number) => void;
}

/**
 * Touches every staged root once after the load: ranges of root keys, in any order, each resumable. It only touches; what
 * is written is written by the document actor, from a stage that is whole.
 */
export class BuildActor {
  private readonly tasks: RecordedTasks<BuildRecord>;

  constructor(private readonly parts: BuildActorParts) {
    this.tasks = new RecordedTasks(parts, parts.names.builds);
  }

  /** Resolves when every root of the stage has been built. */
  async build(
    planned: ReadonlySet<number>,
    onPlanned: (collection: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const tasks: Promise<void>[] = [];
    for (const collection of this.parts.plan.collections) {
      signal.throwIfAborted();
      if (planned.has(collection.index)) {
        for await (const record of this.tasks.of(collection.index)) {
          if (record.done) this.parts.onRoots(collection.index, record.roots);
          else tasks.push(this.tasks.handOut(record));
        }
        continue;
      }
      for await (const record of this.ranges(collection)) tasks.push(this.tasks.handOut(record));
      await onPlanned(collection.index);
    }
    await Promise.all(tasks);
  }

  handle(batch: LogBatch<RecordedTask>): Promise<{ completed: Promise<void> }> {
    return this.tasks.handle(batch, (id) => this.touch(id));
  }

  /** By the stage's keys alone; the same ranges again if it was cut short, since keys are only added at their places. */
  private async *ranges(collection: CollectionPlan): AsyncGenerator<BuildRecord> {
    const { store, rootsPerTask } = this.parts;
    await this.tasks.forget(collection.index);
    let after: string | null = null;
    for (let n = 0; ; n++) {
      const nth = await store.read.nthId(this.stageOf(collection), after ?? undefined, rootsPerTask);
      const upTo = (nth as string | undefined) ?? null;
      const _id = this.tasks.id(collection.index, n);
      const record: BuildRecord = { _id, collection: collection.index, after, upTo, done: false, roots: 0 };
      await this.tasks.keep(record);
      yield record;
      if (upTo === null) return;
      after = upTo;
    }
  }

  private async touch(id: string): Promise<{ done: Promise<void> }> {
    const { store, names, plan, toucher, rootsPerTask, onRoots } = this.parts;
    const record = await store.read.byId<BuildRecord>(names.builds, id);
    if (record === undefined || record.done) return { done: Promise.resolve() };
    const collection = plan.collections[record.collection] as CollectionPlan;
    const appends: Promise<unknown>[] = [];
    let after = record.after;
    let roots = 0;
    for (;;) {
      const keys = await this.keys(collection, after, record.upTo, rootsPerTask);
      roots += keys.length;
      if (keys.length > 0) appends.push(awaitedLater(toucher.touch(record.collection, keys, 'build')));
      if (keys.length < rootsPerTask) break;
      after = keys.at(-1) ?? null;
    }
    const done = Promise.all(appends).then(async () => {
      const { after: from, upTo } = record;
      await store.write.patch(names.builds, id, { where: { after: from, upTo }, set: { done: true, roots } });
      onRoots(record.collection, roots);
    });
    return { done: awaitedLater(done) };
  }

  private async keys(
    collection: CollectionPlan,
    after: string | null,
    upTo: string | null,
    limit: number,
  ): Promise<string[]> {
    const range = { ...(after === null ? {} : { after }), ...(upTo === null ? {} : { upTo }) };
    const rows = await this.parts.store.read.range(this.stageOf(collection), range, { fields: ['_id'], limit });
    return rows.map((row) => row._id as string);
  }

  private stageOf(collection: CollectionPlan): CollectionRef {
    return this.parts.names.stage(this.parts.plan.nodes[collection.root]?.table as number);
  }
}
