import type { Plan, RowChange } from '#model';
import { qualifiedName } from '#model';
import { type Incarnation, JOB } from '#stage';
import type { Doc, Store, StoreReader } from '#store';
import type { JobEvent, JobStatus, Phase } from './commands.js';

const LIVE_ID = 'live';

/** What a running job shows of itself, renewed every other second, for `status`. */
export interface LiveRecord extends Doc {
  _id: typeof LIVE_ID;
  incarnationId: string;
  at: Date;
  tables: JobStatus['tables'];
  lagSeconds: number;
  retainedBytes: number | null;
  trouble: string | null;
}

/** Of this incarnation; undefined where nothing has been told of it yet. */
export async function liveOf(
  read: StoreReader,
  { incarnationId }: Pick<Incarnation, 'incarnationId'>,
): Promise<LiveRecord | undefined> {
  const live = await read.byId<LiveRecord>(JOB, LIVE_ID);
  return live?.incarnationId === incarnationId ? live : undefined;
}

interface TableProgress {
  table: string;
  rows: number;
  total: number;
  done: boolean;
}

/** Counts what the actors tell, and passes it on as events. */
export class LiveView {
  private readonly load: TableProgress[];
  private readonly built: TableProgress[];
  private readonly beganMs: number;
  private changes = 0;
  private lastChanges = 0;
  private lastMs: number;
  retainedBytes: number | null = null;
  trouble: string | null = null;
  letters = 0;

  constructor(
    plan: Plan,
    private readonly now: () => number,
    estimates: ReadonlyMap<string, number>,
    private readonly onEvent: (event: JobEvent) => void,
  ) {
    const progress = (table: string, total: number): TableProgress => ({ table, rows: 0, total, done: false });
    this.load = plan.tables.map((table) =>
      progress(qualifiedName(table), Math.max(0, Math.round(estimates.get(table.sourceId) ?? 0))),
    );
    this.built = plan.collections.map(({ name }) => progress(name, 0));
    this.beganMs = now();
    this.lastMs = this.beganMs;
  }

  rows(table: number, rows: number): void {
    const progress = this.load[table];
    if (progress === undefined) return;
    progress.rows += rows;
    progress.total = Math.max(progress.total, progress.rows);
  }

  tableDone(table: number): void {
    const progress = this.load[table];
    if (progress === undefined) return;
    progress.done = true;
    progress.total = progress.rows;
  }

  /** As counted elsewhere. */
  loaded(table: number, rows: number, isWhole: boolean): void {
    const progress = this.load[table];
    if (progress === undefined) return;
    progress.rows = rows;
    progress.done = isWhole;
    progress.total = isWhole ? rows : Math.max(progress.total, rows);
  }

  /** As counted elsewhere. */
  counted(collection: number, roots: number): void {
    const progress = this.built[collection];
    if (progress === undefined) return;
    progress.rows = roots;
    progress.total = Math.max(progress.total, roots);
  }

  /** The documents that building will make, as far as known: the rows of the root's table. */
  expect(plan: Plan): void {
    for (const collection of plan.collections) {
      const built = this.built[collection.index];
      const root = this.load[plan.nodes[collection.root]?.table ?? -1];
      if (built !== undefined && root !== undefined) built.total = root.rows;
    }
  }

  roots(collection: number, roots: number): void {
    const progress = this.built[collection];
    if (progress === undefined) return;
    progress.rows += roots;
    progress.total = Math.max(progress.total, progress.rows);
  }

  captured(changes: readonly RowChange[]): void {
    this.changes += changes.length;
  }

  tell(phase: Phase, lagMs: number): void {
    const now = this.now();
    if (phase === 'loading')
      this.onEvent({ kind: 'progress', stage: 'load', tables: this.load.map((each) => ({ ...each })) });
    else if (phase === 'building')
      this.onEvent({ kind: 'progress', stage: 'build', tables: this.built.map((each) => ({ ...each })) });
    else if (phase === 'streaming') {
      const changesPerSecond = ((this.changes - this.lastChanges) * 1_000) / Math.max(1, now - this.lastMs);
      const { letters: deadLetters, retainedBytes } = this;
      this.onEvent({
        kind: 'streaming',
        lagSeconds: seconds(lagMs),
        changesPerSecond: Math.round(changesPerSecond),
        deadLetters,
        retainedBytes,
      });
    }
    this.lastChanges = this.changes;
    this.lastMs = now;
  }

  async keep(store: Store, incarnationId: string, lagMs: number): Promise<void> {
    const elapsed = Math.max(1, this.now() - this.beganMs);
    const record: LiveRecord = {
      _id: LIVE_ID,
      incarnationId,
      at: new Date(this.now()),
      tables: this.load.map(({ table, rows, total, done }) => {
        const left = done || rows === 0 ? 0 : ((total - rows) * elapsed) / rows / 1_000;
        return { table, rows, total, ...(left > 0 ? { etaSeconds: Math.ceil(left) } : {}) };
      }),
      lagSeconds: seconds(lagMs),
      retainedBytes: this.retainedBytes,
      trouble: this.trouble,
    };
    await store.write.put(JOB, [record]);
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
