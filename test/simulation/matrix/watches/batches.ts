import type { LogRecord } from '#log';
import { type CommittedChange, fieldOf } from '../../store/index.js';
import type { Batch, Happening } from '../happening.js';

export type TopicKind = 'rows' | 'touches' | 'other';

/** A batch that a handler has, and what came of it so far. */
export interface Held {
  batch: Batch;
  kind: TopicKind;
  /** A transaction of it that changed something has a majority. */
  isCommitted: boolean;
  /** It stood still past its session with it. */
  hasSlept: boolean;
  /** Another process has been given the same. */
  isOvertaken: boolean;
}

/** Of a record: who had it last, and how far that one came with it. */
export interface Fate {
  process: string;
  isCommitted: boolean;
  isCompleted: boolean;
}

/** Which process has which batches, what it was given before, and who is gone. */
export class Batches {
  private readonly held = new Map<string, Set<Held>>();
  private readonly byBatch = new Map<Batch, Held>();
  private readonly fates = new WeakMap<LogRecord, Fate>();
  private readonly gone = new Set<string>();
  /** Of a process and partition, the batch that its transactions are of: its handlers are serial. */
  private readonly current = new Map<string, Held>();
  isLoading = true;
  /** The job has a record. */
  hasBegun = false;

  isGone(process: string): boolean {
    return this.gone.has(process);
  }

  of(process: string): readonly Held[] {
    return [...(this.held.get(process) ?? [])];
  }

  all(): Held[] {
    return [...this.held.values()].flatMap((held) => [...held]);
  }

  holding(batch: Batch): Held | undefined {
    return this.byBatch.get(batch);
  }

  fateOf(record: LogRecord): Fate | undefined {
    return this.fates.get(record);
  }

  /** Of a transaction that changed this fence. */
  currentOf(process: string, kind: TopicKind, partition: number): Held | undefined {
    return this.current.get(`${process} ${kind} ${partition}`);
  }

  /** To be called after everybody who wants to know how things stood before. */
  see(happening: Happening): void {
    switch (happening.kind) {
      case 'batch begun':
        return this.begin(happening.batch);
      case 'batch completed':
        return this.complete(happening.batch);
      case 'committed':
        return this.lookAtJob(happening.changes);
      case 'killed':
      case 'session over':
        this.gone.add(happening.process);
        if (happening.kind === 'killed') this.forget(happening.process);
        return;
      case 'went on':
        this.gone.delete(happening.process);
    }
  }

  commit(held: Held): void {
    held.isCommitted = true;
    for (const record of held.batch.records) {
      const fate = this.fates.get(record);
      if (fate !== undefined) fate.isCommitted = true;
    }
  }

  private begin(batch: Batch): void {
    const kind = kindOf(batch.topic);
    const held: Held = { batch, kind, isCommitted: false, hasSlept: false, isOvertaken: false };
    const all = this.held.get(batch.process) ?? new Set();
    this.held.set(batch.process, all.add(held));
    this.byBatch.set(batch, held);
    this.current.set(`${batch.process} ${kind} ${batch.partition}`, held);
    for (const record of batch.records)
      this.fates.set(record, { process: batch.process, isCommitted: false, isCompleted: false });
  }

  private complete(batch: Batch): void {
    const held = this.byBatch.get(batch);
    if (held === undefined) return;
    this.byBatch.delete(batch);
    this.held.get(batch.process)?.delete(held);
    for (const record of batch.records) {
      const fate = this.fates.get(record);
      if (fate?.process === batch.process) fate.isCompleted = true;
    }
  }

  private lookAtJob(changes: readonly CommittedChange[]): void {
    for (const { collection, _id, after } of changes) {
      if (collection !== 'job' || _id !== 'job' || after === undefined) continue;
      this.hasBegun = true;
      this.isLoading = fieldOf(after, 'loading') === true;
    }
  }

  private forget(process: string): void {
    for (const { batch } of this.of(process)) this.byBatch.delete(batch);
    this.held.delete(process);
  }
}

/** Of whose partition the transaction was: its fence says so. */
export function fenceOf(changes: readonly CommittedChange[]): { kind: TopicKind; partition: number } | undefined {
  for (const { collection, _id } of changes) {
    if (!collection.startsWith('fences_')) continue;
    const [kind = '', partition = ''] = String(_id).split(':');
    return { kind: kind as TopicKind, partition: Number(partition) };
  }
  return undefined;
}

export function kindOf(topic: string): TopicKind {
  if (topic.endsWith('.rows')) return 'rows';
  return topic.endsWith('.touches') ? 'touches' : 'other';
}
