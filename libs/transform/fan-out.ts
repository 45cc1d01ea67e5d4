import { createHash, randomUUID } from 'node:crypto';
import type { IncarnationNames } from '#stage';
import { allInRange, type Doc, DocumentRefused, FenceMissing, type Store } from '#store';
import type { FanOut, Resolver } from './resolver.js';
import type { Toucher } from './toucher.js';

const ROOTS_PER_PAGE = 1_000;
const TASKS_AT_ONCE = 8;

interface FanOutRecord extends Doc {
  _id: string;
  /** A newer change of the row starts the task again under a new id. */
  run: string;
  partition: number;
  /** Where the walk stood: the row as it was and as it is. */
  tasks: FanOut[];
  /** Of `tasks`, the one at work, and how far it got. */
  task: number;
  cursor: string | null;
  /** Where the sweep of the one at work began: null, or in the midst, where a newer change found it. */
  start: string | null;
  /** The sweep has come to the end, and goes on from the beginning up to `start`. */
  wrapped: boolean;
  /** Of this record: another one under its id is of later changes. */
  made: string;
  /** How often a sweep has come to the end of the roots. */
  ends: number;
}

type Place = Pick<FanOutRecord, 'task' | 'cursor' | 'start' | 'wrapped' | 'ends'>;

const BEGINNING = { cursor: null, start: null, wrapped: false } as const;

/**
 * Touches of rows that very many roots depend on, page by page, as records in the state database: durable before the
 * offset of the batch that asked for them is committed, found again after a restart. The cursor moves only where run and
 * cursor are the ones that were read, so a former owner cannot move a newer task's. Never an `updateMany`.
 *
 * A newer change of the row needs every root of its image touched once more, in any order. So the sweep does not go back to
 * its first page: it goes on round from where it is until it is there again. Each page touched since is touched after the
 * newer change was staged; and under changes that never end all roots still get their turn.
 */
export class FanOutTasks {
  /** Those at work or in line; and whether one was asked for again meanwhile: it may have just removed its record. */
  private readonly running = new Map<string, boolean>();
  private readonly line: string[] = [];
  private working = 0;
  private stopped = false;
  /** Partitions of `rows`; all of them before it is told. */
  private owned: ReadonlySet<number> | undefined;

  constructor(
    private readonly store: Store,
    private readonly names: IncarnationNames,
    private readonly resolver: Resolver,
    private readonly toucher: Toucher,
    /** Tells of a failure that is not transient: the engine stops. */
    private readonly onFailure: (error: unknown) => void,
    private readonly rootsPerPage = ROOTS_PER_PAGE,
  ) {}

  /** Resolves when the task is durable; it then runs by itself. */
  async add(partition: number, task: FanOut): Promise<void> {
    const id = `${task.node}:${createHash('sha256').update(task.image.key).digest('base64url')}`;
    for (;;) {
      const present = await this.store.read.byId<FanOutRecord>(this.names.tasks, id);
      if (present === undefined) {
        const record: FanOutRecord = {
          _id: id,
          run: randomUUID(),
          partition,
          tasks: [task],
          task: 0,
          ...BEGINNING,
          made: randomUUID(),
          ends: 0,
        };
        if (await this.made(record)) break;
        continue;
      }
      const renewed = await this.store.write.patch(this.names.tasks, id, {
        // Where it still stands there: a place of before would end the same sweep twice, and `settled` counts the ends.
        where: { run: present.run, task: present.task, cursor: present.cursor, ends: present.ends },
        set: { run: randomUUID(), partition, ...renewedBy(present, task) },
      });
      if (renewed !== undefined) break;
    }
    this.start(id);
  }

  /**
   * False where another owner of the partition has made it meanwhile: its images must not be lost. Only where the partition has its fence:
   * who slept until the job was gone leaves nothing behind it.
   */
  private async made(record: FanOutRecord): Promise<boolean> {
    const { fences, tasks } = this.names;
    const id = this.names.rowsFence(record.partition);
    try {
      await this.store.transact('fan-out task', async (tx) => {
        if ((await tx.byId(fences, id, { fields: [] })) === undefined) throw new FenceMissing(id);
        await tx.insert(tasks, [record]);
      });
      return true;
    } catch (error) {
      if (error instanceof DocumentRefused && error.kind === 'duplicate') return false;
      throw error;
    }
  }

  /** From now on those of these partitions, what former owners of them left included; of others nothing is begun. */
  async own(partitions: readonly number[]): Promise<void> {
    this.owned = new Set(partitions);
    const records = await this.store.read.byField<FanOutRecord>(this.names.tasks, 'partition', partitions, {
      fields: [],
    });
    for (const record of records) this.start(record._id);
  }

  /**
   * Resolves when what is there now has been touched: changes that come meanwhile may keep a task for ever. An image at
   * work is done with at the second end of a sweep from here: the first may have begun in the midst. Each one in line
   * behind it gets its turn, as newer changes of the one at work go to the end of the line then.
   */
  async settled(wait: () => Promise<void>): Promise<void> {
    let left = await this.present();
    while (left.length > 0) {
      await wait();
      const now = new Map((await this.present()).map((record) => [record._id, record]));
      left = left.filter((asked) => {
        const record = now.get(asked._id);
        const turns = 2 * (asked.tasks.length - asked.task);
        return record !== undefined && record.made === asked.made && record.ends < asked.ends + turns;
      });
    }
  }

  private async present(): Promise<FanOutRecord[]> {
    const records: FanOutRecord[] = [];
    for await (const record of allInRange<FanOutRecord>(this.store.read, this.names.tasks)) records.push(record);
    return records;
  }

  stop(): void {
    this.stopped = true;
  }

  private start(id: string): void {
    if (this.stopped) return;
    const runs = this.running.has(id);
    this.running.set(id, runs);
    if (runs) return;
    this.line.push(id);
    this.work();
  }

  private work(): void {
    while (this.working < TASKS_AT_ONCE) {
      const id = this.line.shift();
      if (id === undefined || this.stopped) return;
      this.working++;
      void this.run(id)
        .catch((error: unknown) => {
          if (!this.stopped) this.onFailure(error);
        })
        .finally(() => this.worked(id));
    }
  }

  private worked(id: string): void {
    this.working--;
    const again = this.running.get(id);
    this.running.delete(id);
    if (again) this.start(id);
    this.work();
  }

  private async run(id: string): Promise<void> {
    for (;;) {
      const record = await this.store.read.byId<FanOutRecord>(this.names.tasks, id);
      if (record === undefined || this.stopped || this.owned?.has(record.partition) === false) return;
      if (await this.advance(record)) return;
    }
  }

  /** Runs until the task is done (true) or another run of it has begun (false). */
  private async advance(record: FanOutRecord): Promise<boolean> {
    let { task, cursor, start, wrapped, ends }: Place = record;
    while (task < record.tasks.length) {
      const swept = await this.sweep(record, { task, cursor, start, wrapped, ends });
      if (swept === undefined) return false;
      const round = start !== null && !wrapped;
      const over = ends + 1;
      const next: Place = round
        ? { task, cursor: null, start, wrapped: true, ends: over }
        : { task: task + 1, ...BEGINNING, ends: over };
      if (!(await this.move(record, swept, next))) return false;
      ({ task, cursor, start, wrapped, ends } = next);
    }
    return this.finish(record);
  }

  /** To the end, or where it began in the midst and came round, to there. Undefined where it is not to go on. */
  private async sweep(record: FanOutRecord, from: Place): Promise<Place | undefined> {
    let place = from;
    const pages = this.resolver.pages(record.tasks[from.task] as FanOut, from.cursor ?? undefined, this.rootsPerPage);
    for await (const page of pages) {
      if (this.stopped) return undefined;
      for (const { collection, roots } of page.roots) await this.toucher.touch(collection, roots, 'change');
      const next = { ...place, cursor: page.cursor ?? null };
      if (!(await this.move(record, place, next))) return undefined;
      place = next;
      if (place.wrapped && reached(place.cursor, place.start)) break;
    }
    return place;
  }

  private async move(record: FanOutRecord, from: Place, to: Place): Promise<boolean> {
    if (from.task === to.task && from.cursor === to.cursor && from.wrapped === to.wrapped) return true;
    const { task, cursor } = from;
    const moved = await this.store.write.patch(this.names.tasks, record._id, {
      where: { run: record.run, task, cursor },
      set: { ...to },
    });
    return moved !== undefined;
  }

  private async finish(record: FanOutRecord): Promise<boolean> {
    return this.store.transact('fan-out', async (tx) => {
      const present = await tx.byId<FanOutRecord>(this.names.tasks, record._id);
      if (present === undefined) return true;
      if (present.run !== record.run) return false;
      await tx.remove(this.names.tasks, [record._id]);
      return true;
    });
  }
}

function sameImage(a: FanOut, b: FanOut): boolean {
  return a.node === b.node && JSON.stringify(a.image) === JSON.stringify(b.image);
}

/** Images that were swept are done with; the one at work goes on round where it is the newer change's, too. */
function renewedBy(present: FanOutRecord, task: FanOut): Pick<FanOutRecord, 'tasks'> & Omit<Place, 'ends'> {
  const left = present.tasks.slice(present.task);
  const [atWork] = left;
  if (atWork === undefined) return { tasks: [task], task: 0, ...BEGINNING };
  if (left.length === 1 && sameImage(atWork, task)) {
    const { cursor } = present;
    return { tasks: left, task: 0, cursor, start: cursor, wrapped: false };
  }
  const { cursor, start, wrapped } = present;
  const tasks = left.slice(1).some((other) => sameImage(other, task)) ? left : [...left, task];
  return { tasks, task: 0, cursor, start, wrapped };
}

/** In the server's order of strings, which is that of their bytes. */
function reached(cursor: string | null, start: string | null): boolean {
  if (cursor === null || start === null) return false;
  return Buffer.compare(Buffer.from(cursor), Buffer.from(start)) >= 0;
}
