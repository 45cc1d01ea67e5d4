import type { Plan, RowChange } from '#model';
import { qualifiedName } from '#model';
import { type Incarnation, JOB } from '#stage';
import type { Doc, StoreReader } from '#store';
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
  /** Absent where a former version runs the job. */
  built?: NonNullable<JobStatus['built']>;
  changesPerSecond?: number;
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

/** What a pace is counted from. */
interface Beginning {
  rows: number;
  ms: number;
}

/** Counts what the actors tell, and passes it on as events. */
export class LiveView {
  private readonly load: TableProgress[];
  private readonly built: TableProgress[];
  private readonly began: Beginning;
  /** Of each collection: when building began, or when this process first found it at work. */
  private readonly builtFrom = new Map<TableProgress, Beginning>();
  private isLoadSeen = false;
  private changes = 0;
  private readonly told: Pace;
  private readonly kept: Pace;
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
    this.began = { rows: 0, ms: now() };
    this.told = new Pace(this.began.ms);
    this.kept = new Pace(this.began.ms);
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

  /** Building begins, or had begun before: its documents, as far as known, are the rows of the root's table. */
  expect(plan: Plan): void {
    for (const collection of plan.collections) {
      const built = this.built[collection.index];
      const root = this.load[plan.nodes[collection.root]?.table ?? -1];
      if (built === undefined || root === undefined) continue;
      built.total = root.rows;
      if (this.isLoadSeen) this.builtFrom.set(built, { rows: built.rows, ms: this.now() });
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
    const changesPerSecond = this.told.look(this.changes, this.now());
    this.isLoadSeen ||= phase === 'loading';
    if (phase === 'loading')
      this.onEvent({ kind: 'progress', stage: 'load', tables: this.load.map((each) => ({ ...each })) });
    else if (phase === 'building')
      this.onEvent({ kind: 'progress', stage: 'build', tables: this.built.map((each) => ({ ...each })) });
    else if (phase === 'streaming') {
      const { letters: deadLetters, retainedBytes } = this;
      this.onEvent({ kind: 'streaming', lagSeconds: seconds(lagMs), changesPerSecond, deadLetters, retainedBytes });
    }
  }

  /** `put`: into the collection of the job, as whoever holds it. */
  async keep(put: (record: Doc) => Promise<unknown>, incarnationId: string, lagMs: number): Promise<void> {
    const now = this.now();
    const record: LiveRecord = {
      _id: LIVE_ID,
      incarnationId,
      at: new Date(now),
      tables: this.load.map((progress) => {
        const { table, rows, total } = progress;
        return { table, rows, total, ...etaOf(progress, this.began, now) };
      }),
      lagSeconds: seconds(lagMs),
      retainedBytes: this.retainedBytes,
      trouble: this.trouble,
      built: this.built.map((progress) => this.builtOf(progress, now)),
      changesPerSecond: this.kept.look(this.changes, now),
    };
    await put(record);
  }

  private builtOf(progress: TableProgress, now: number): NonNullable<JobStatus['built']>[number] {
    const { table: collection, rows: roots, total } = progress;
    const from = this.builtFrom.get(progress) ?? { rows: roots, ms: now };
    if (roots > 0) this.builtFrom.set(progress, from);
    return { collection, roots, total, ...etaOf(progress, from, now) };
  }
}

/** How many a second, from one look to the next. */
class Pace {
  private last = 0;

  constructor(private lastMs: number) {}

  look(count: number, now: number): number {
    const perSecond = ((count - this.last) * 1_000) / Math.max(1, now - this.lastMs);
    this.last = count;
    this.lastMs = now;
    return Math.round(perSecond);
  }
}

/** The end at the pace so far; unknown before there is one. */
function etaOf({ rows, total, done }: TableProgress, from: Beginning, now: number): { etaSeconds?: number } {
  const made = rows - from.rows;
  if (done || made <= 0 || rows >= total) return {};
  return { etaSeconds: Math.ceil(((total - rows) * Math.max(1, now - from.ms)) / made / 1_000) };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
