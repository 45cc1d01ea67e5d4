import { awaitedLater, type Log, type LogBatch, type LogRecord } from '#log';
import { allInRange, type CollectionRef, type Doc, type Store, type StoreTransaction } from '#store';

/** A piece of work, durable before it is handed out, so that what was begun can be resumed. */
export interface TaskRecord extends Doc {
  _id: string;
  done: boolean;
}

/** Does the work in one transaction that shows that this process holds the job; rejects where another one does by now. */
export type AsHolder = <T>(work: (tx: StoreTransaction) => Promise<T>) => Promise<T>;

/** In the log a task is known by the id of its record. */
export interface RecordedTask extends LogRecord {
  id: string;
}

/**
 * The recorded tasks of a load: of each table or collection (`of`, its index) numbered ones, in the order of their numbers. Only who holds
 * the job plans them: who slept in the midst of a planning would put its ranges in the place of others under the same numbers, and what
 * lies between would never be read.
 */
export class RecordedTasks<T extends TaskRecord> {
  constructor(
    private readonly parts: { store: Store; log: Log; topic: string; partitions: number; asHolder: AsHolder },
    private readonly records: CollectionRef,
  ) {}

  /** A number of fixed width, so that the order of ids is that of the numbers. */
  id(of: number, n: number): string {
    return `${of}:${String(n).padStart(9, '0')}`;
  }

  of(index: number): AsyncGenerator<T> {
    return recordsOf<T>(this.parts.store, this.records, index);
  }

  /** What a planning that was cut short left: its tasks need not be the same the next time. */
  async forget(index: number): Promise<void> {
    for await (const { _id } of this.of(index)) await this.parts.asHolder((tx) => tx.remove(this.records, [_id]));
  }

  async keep(record: T): Promise<void> {
    await this.parts.asHolder((tx) => tx.put(this.records, [record]));
  }

  /** Resolves when the task has been carried out; nobody needs to look at its failure before that. */
  handOut({ _id: id }: T): Promise<void> {
    const { log, topic, partitions } = this.parts;
    const task: RecordedTask = { id, bytes: 100 };
    return awaitedLater(log.append(topic, Number(id.split(':')[1]) % partitions, [task]));
  }

  /** One after the other is begun; the batch is complete when all are done. */
  async handle(
    batch: LogBatch<RecordedTask>,
    begin: (id: string) => Promise<{ done: Promise<void> }>,
  ): Promise<{ completed: Promise<void> }> {
    const completed: Promise<void>[] = [];
    for (const { id } of batch.records) completed.push((await begin(id)).done);
    return { completed: Promise.all(completed).then(() => undefined) };
  }
}

/** What `of` gives for those that are done, summed; and whether all are. */
export async function countDone<T extends TaskRecord>(
  records: AsyncIterable<T>,
  of: (record: T) => number,
): Promise<{ sum: number; areAll: boolean }> {
  let areAll = true;
  let sum = 0;
  for await (const record of records) {
    if (record.done) sum += of(record);
    else areAll = false;
  }
  return { sum, areAll };
}

export function recordsOf<T extends TaskRecord>(
  store: Store,
  records: CollectionRef,
  index: number,
): AsyncGenerator<T> {
  return allInRange<T>(store.read, records, { after: `${index}:`, upTo: `${index}:~` });
}
