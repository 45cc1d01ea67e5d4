import type { Log, LogBatch, LogRecord } from '#log';
import type { CollectionPlan, Plan } from '#model';
import type { IncarnationNames } from '#stage';
import type { CollectionRef, Doc, Store } from '#store';
import type { Toucher } from './toucher.js';

/** A range of a collection's roots, by their keys, durable before it is touched. */
export interface BuildRecord extends Doc {
  _id: string;
  collection: number;
  after: string | null;
  upTo: string | null;
  done: boolean;
  roots: number;
}

export interface BuildTask extends LogRecord {
  id: string;
}

export interface BuildActorParts {
  plan: Plan;
  names: IncarnationNames;
  store: Store;
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
  constructor(private readonly parts: BuildActorParts) {}

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
        for await (const record of this.records(collection)) {
          if (record.done) this.parts.onRoots(collection.index, record.roots);
          else tasks.push(this.task(record));
        }
        continue;
      }
      for await (const record of this.ranges(collection)) tasks.push(this.task(record));
      await onPlanned(collection.index);
    }
    await Promise.all(tasks);
  }

  async handle(batch: LogBatch<BuildTask>): Promise<{ completed: Promise<void> }> {
    const completed: Promise<void>[] = [];
    for (const { id } of batch.records) completed.push((await this.touch(id)).done);
    return { completed: Promise.all(completed).then(() => undefined) };
  }

  /** By the stage's keys alone; the same ranges again if it was cut short, since keys are only added at their places. */
  private async *ranges(collection: CollectionPlan): AsyncGenerator<BuildRecord> {
    const { store, names, rootsPerTask } = this.parts;
    for await (const record of this.records(collection)) await store.write.remove(names.builds, [record._id]);
    let after: string | null = null;
    for (let n = 0; ; n++) {
      const nth = await store.read.nthId(this.stageOf(collection), after ?? undefined, rootsPerTask);
      const upTo = (nth as string | undefined) ?? null;
      const _id = `${collection.index}:${String(n).padStart(9, '0')}`;
      const record: BuildRecord = { _id, collection: collection.index, after, upTo, done: false, roots: 0 };
      await store.write.put(names.builds, [record]);
      yield record;
      if (upTo === null) return;
      after = upTo;
    }
  }

  private async *records(collection: CollectionPlan): AsyncGenerator<BuildRecord> {
    let after = `${collection.index}:`;
    for (;;) {
      const page: BuildRecord[] = await this.parts.store.read.range<BuildRecord>(
        this.parts.names.builds,
        { after, upTo: `${collection.index}:~` },
        { limit: 1_000 },
      );
      yield* page;
      if (page.length < 1_000) return;
      after = page.at(-1)?._id ?? after;
    }
  }

  private task(record: BuildRecord): Promise<void> {
    const task: BuildTask = { id: record._id, bytes: 100 };
    const partition = Number(record._id.split(':')[1]) % this.parts.partitions;
    const append = this.parts.log.append(this.parts.topic, partition, [task]);
    append.catch(() => undefined);
    return append;
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
      if (keys.length > 0) appends.push(toucher.touch(record.collection, keys, 'build'));
      if (keys.length < rootsPerTask) break;
      after = keys.at(-1) ?? null;
    }
    const done = Promise.all(appends).then(async () => {
      const { after: from, upTo } = record;
      await store.write.patch(names.builds, id, { where: { after: from, upTo }, set: { done: true, roots } });
      onRoots(record.collection, roots);
    });
    done.catch(() => undefined);
    return { done };
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
