import { MillraceError } from '#errors';
import type { Plan } from '#model';
import type { CaptureNames, SourceIdentity } from '#sources';
import { type Incarnation, JOB, JOB_ID, LEASE_ID } from '#stage';
import { type Doc, DocumentRefused, type Store, type StoreTransaction } from '#store';
import type { Phase } from './commands.js';
import type { KnownColumns } from './compile.js';
import { JOB_ERRORS } from './job.codes.js';

/** A load that is over or was given up, whose stage stands until the next building has ended. */
export interface Former extends Incarnation {
  plan: Plan;
}

/** Everything that a job knows of itself; the only record that outlives incarnations. */
export interface JobRecord extends Doc, Incarnation {
  _id: typeof JOB_ID;
  job: string;
  phase: Phase;
  /** Documents are not to be written yet: true from the making of the incarnation until its stage is whole. */
  loading: boolean;
  /** Held by an operator: the phase to go on with. */
  paused: boolean;
  heldPhase: Phase | null;
  plan: Plan;
  formers: Former[];
  /** Columns that came later are left out, with a warning. */
  knownColumns: KnownColumns;
  /** Raised when the source's identity changed; part of every position. */
  epoch: number;
  identity: SourceIdentity | null;
  /** Null until the capture has begun, and in `snapshot` mode. */
  capture: CaptureNames | null;
  /** Of each topic; fixed with the incarnation. */
  partitions: Partitions;
  /** Tables whose chunks, and collections whose ranges, are all recorded. */
  plannedTables: number[];
  plannedCollections: number[];
  /** Of the load of a `snapshot` job, while somebody holds it open: by which whoever reads a chunk takes part in it. */
  snapshot?: string | null;
  /** On a log that keeps its records they are never made anew. Absent in records of former versions. */
  topicsMade?: boolean;
  /** The asking in the list of jobs that it was run for last. Null: by a command. */
  asked: number | null;
  /** Why whoever reads chunks could not take part in the snapshot any more. */
  snapshotLost?: { code: string; message: string; remedy: string };
  /** A load anew has begun to take this one's place; whatever runs next goes on with that. */
  renewing?: true;
  attention: { code: string; message: string; remedy: string } | null;
  history: { phase: Phase; incarnation: number; at: Date }[];
}

export interface Partitions {
  rows: number;
  touches: number;
  /** Of the topics of load tasks and of build tasks. */
  tasks: number;
}

const HISTORY = 200;

/** Where a job stays once its documents are built. */
export function restOf({ mode }: Pick<Plan, 'mode'>): Phase {
  return mode === 'snapshot' ? 'completed' : 'streaming';
}

/**
 * The job's record in memory and in the store: written first, then believed. Only where it still is of this incarnation, and in one
 * transaction with the lease: a process that slept while another began a load anew must not end that one's loading, nor may it hold a
 * job that another process, which knows nothing of it, would never let go on.
 */
export class JobState {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
    public record: JobRecord,
    /** Of the job's lease. Undefined: a worker, which tells what needs a person whoever runs the job. */
    private readonly holder: string | undefined,
  ) {}

  static async load(store: Store): Promise<JobRecord | undefined> {
    return store.read.byId<JobRecord>(JOB, JOB_ID);
  }

  /** In the place of the former one, and only of that: who slept meanwhile must not replace what another one has begun. */
  static async create(
    store: Store,
    now: () => Date,
    record: JobRecord,
    former: Incarnation | undefined,
    holder: string,
  ): Promise<JobState> {
    if (former === undefined) await insertFirst(store, record, holder);
    else await replaceFormer(store, record, former, holder);
    return new JobState(store, now, record, holder);
  }

  set(fields: Partial<JobRecord>): Promise<void> {
    return this.inTurn(() => this.write(fields));
  }

  enter(phase: Phase, fields: Partial<JobRecord> = {}): Promise<void> {
    return this.inTurn(() => this.writePhase(phase, fields));
  }

  /** As `enter`, by the engine itself: a job that is held stays so, and goes on there. */
  advance(phase: Phase, fields: Partial<JobRecord> = {}): Promise<void> {
    return this.inTurn(() =>
      this.record.paused ? this.write({ ...fields, heldPhase: phase }) : this.writePhase(phase, fields),
    );
  }

  /** Held by an operator; whatever this process believes: a write whose answer was lost may have been done. */
  hold(): Promise<void> {
    return this.inTurn(async () => {
      const { paused, heldPhase, phase, plan } = this.record;
      // A completing that ends without an end goes back to where the job was.
      const held = phase === 'completing' ? restOf(plan) : phase;
      if (paused) await this.writeWhere({ paused: false }, { phase: 'paused', paused, heldPhase });
      else await this.writePhase('paused', { paused: true, heldPhase: held });
    });
  }

  /** As `hold`, the other way. */
  letGoOn(): Promise<void> {
    return this.inTurn(async () => {
      const goesOn = { paused: false, heldPhase: null };
      if (this.record.paused) await this.writePhase(this.at, goesOn);
      else await this.writeWhere({ paused: true }, { ...goesOn, phase: this.at });
    });
  }

  /** The phase, looking through a pause. */
  get at(): Phase {
    return this.record.phase === 'paused' ? (this.record.heldPhase ?? 'streaming') : this.record.phase;
  }

  /** In one transaction with the lease; of a worker, in one without it. Rejects where another process holds the job by now. */
  asHolder<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const { store, holder } = this;
    return holder === undefined ? store.transact('job', work) : underLease(store, holder, work);
  }

  /** What is written depends on what the record is by then: an operator lets a job go on as it enters its next phase. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async write(fields: Partial<JobRecord>): Promise<void> {
    if (!(await this.writeWhere({}, fields))) throw begunElsewhere();
  }

  private writePhase(phase: Phase, fields: Partial<JobRecord>): Promise<void> {
    const entry = { phase, incarnation: this.record.incarnation, at: this.now() };
    const history = [...this.record.history, entry].slice(-HISTORY);
    return this.write({ ...fields, phase, history });
  }

  /** Whether it was as `where` says, and of this incarnation. */
  private async writeWhere(where: Partial<JobRecord>, fields: Partial<JobRecord>): Promise<boolean> {
    const { incarnation, incarnationId } = this.record;
    const patch = { where: { ...where, incarnation, incarnationId }, set: fields };
    const kept = await this.asHolder((tx) => tx.patch(JOB, JOB_ID, patch));
    if (kept !== undefined) this.record = { ...this.record, ...fields };
    return kept !== undefined;
  }
}

const NOT_OF_A_NEW_ONE = ['renewing', 'snapshot', 'snapshotLost', 'topicsMade'] as const;

/** In one transaction with the lease: whoever takes that meanwhile conflicts with it. Rejects with JOB_TAKEN_OVER. */
export async function underLease<T>(
  store: Store,
  holder: string,
  work: (tx: StoreTransaction) => Promise<T>,
): Promise<T> {
  return store.transact('job', async (tx) => {
    const lease = await tx.patch(JOB, LEASE_ID, { where: { holder }, inc: { beat: 1 } });
    if (lease === undefined) throw begunElsewhere();
    return work(tx);
  });
}

/** Who slept while others have loaded and completed the job must not bring it back. */
async function insertFirst(store: Store, record: JobRecord, holder: string): Promise<void> {
  try {
    await underLease(store, holder, (tx) => tx.insert(JOB, [record]));
  } catch (error) {
    throw error instanceof DocumentRefused ? begunElsewhere() : error;
  }
}

async function replaceFormer(
  store: Store,
  record: JobRecord,
  { incarnationId }: Incarnation,
  holder: string,
): Promise<void> {
  const { _id, ...set } = record;
  const patch = { where: { incarnationId }, set, unset: NOT_OF_A_NEW_ONE };
  const kept = await underLease(store, holder, (tx) => tx.patch(JOB, _id, patch));
  if (kept === undefined) throw begunElsewhere();
}

function begunElsewhere(): MillraceError {
  const message = 'another process has taken this job over, has begun to load it anew, or has removed it';
  return new MillraceError(JOB_ERRORS.JOB_TAKEN_OVER, message);
}
