import { EXIT, MillraceError } from '#errors';
import { within } from '#log';
import type { Assembler, Evaluator } from '#mapping';
import type { Plan } from '#model';
import { type CaptureNames, type Source, type SourceSnapshot, sameSource } from '#sources';
import { IncarnationNames, JOB } from '#stage';
import { refuseReplaced } from './attention.js';
import { allInRange, type Doc, type Store } from '#store';
import { TouchRegister } from '#verify';
import { hasFailed, type Letter } from '#write';
import type { JobEvent } from './commands.js';
import type { PlannedSource } from './connection.js';
import { Elsewhere } from './elsewhere.js';
import { Engine } from './engine.js';
import { loadedRows } from '#ingest';
import { dropIncarnation, touchFormerRoots } from './formers.js';
import type { JobDeps } from './job-deps.js';
import { JOB_FINDINGS } from './finding.codes.js';
import { JOB_ERRORS } from './job.codes.js';
import { JobState } from './job-record.js';
import type { HeldLease } from './lease.js';
import { LiveView } from './live.js';
import { runBuildPhase, runLoadPhase } from './load-phase.js';
import { Patience } from './patience.js';
import { ALL_ROLES, type Role } from './river.js';
import { captureNames } from './start-incarnation.js';

const TELL_MS = 1_000;
/** For taking away what is nobody's: the target may be away, too. */
const LEAVE_MS = 2_000;
const LETTERS_LOOK_MS = 500;
/** The first retry comes after five seconds. */
const LETTERS_OPEN_MS = 15_000;

/** One incarnation brought to life in this process, by whoever holds the job's lease. */
export class Session {
  readonly names: IncarnationNames;
  readonly plan: Plan;
  /** Absent where documents are written by other processes. */
  readonly touches: TouchRegister | undefined;
  engine!: Engine;
  assembler!: Assembler;
  evaluator!: Evaluator;
  private live!: LiveView;
  private snapshot: SourceSnapshot | undefined;
  private telling: Promise<void> = Promise.resolve();
  private starting: Promise<void> = Promise.resolve();
  private readonly ended = new AbortController();
  private newLetters = 0;

  constructor(
    private readonly deps: JobDeps,
    readonly state: JobState,
    readonly store: Store,
    private readonly planned: PlannedSource,
    private readonly lease: HeldLease,
  ) {
    this.names = new IncarnationNames(state.record);
    this.plan = state.record.plan;
    this.touches = this.does('write') ? new TouchRegister() : undefined;
  }

  get source(): Source {
    return this.planned.source;
  }

  /** Starts the actors, and the capture where there is one. Rejects with the signal's reason when it is raised meanwhile. */
  start(signal: AbortSignal): Promise<void> {
    this.starting = this.begin(signal);
    return this.starting;
  }

  private async begin(signal: AbortSignal): Promise<void> {
    const { deps, state, plan } = this;
    this.checkSource();
    if (state.at === 'checking') await this.beginLoading(signal);
    this.assembler = deps.makeAssembler(plan);
    this.evaluator = await deps.makeEvaluator(plan);
    const estimates = new Map(this.planned.tables.map((table) => [table.sourceId, table.estimatedRows]));
    this.live = new LiveView(plan, () => deps.timers.now(), estimates, deps.onEvent);
    await this.countLoaded();
    if (plan.mode === 'snapshot' && state.record.loading) {
      this.snapshot = await this.source.openSnapshot();
      await state.set({ snapshot: this.snapshot.id });
    }
    this.ended.signal.throwIfAborted();
    this.engine = this.makeEngine();
    await this.engine.start(state.record.paused);
    this.telling = this.tellAlong().catch((error: unknown) => this.engine.end(error));
    this.tellPhase();
  }

  /** Load and build, as far as they are not done; resolves in `streaming`, or when a snapshot is done. */
  async bringUp(signal: AbortSignal): Promise<void> {
    const { engine, state, store, plan, names, lease } = this;
    if (state.at === 'loading') {
      const onLoaded = () => this.endSnapshot();
      await runLoadPhase({ engine, state, store, plan, names, lease, onLoaded }, signal);
      await this.countLoaded();
      this.live.expect(plan);
      await this.keepLive();
      this.tellPhase();
    }
    if (state.at === 'building') {
      await runBuildPhase({ engine, state, store, visitFormers: () => this.visitFormers(signal) }, signal);
      this.live.tell('building', 0);
      if (plan.mode === 'snapshot') await this.engine.drained(signal);
      await this.keepLive();
      await (plan.mode === 'snapshot'
        ? state.enter('completed', { formers: [] })
        : state.advance('streaming', { formers: [] }));
      this.tellPhase();
    }
  }

  async stop(): Promise<void> {
    this.ended.abort(new Error('the job stops'));
    await this.soon(this.starting);
    await this.soon(this.telling);
    await this.engine?.stop();
    await this.soon(this.endSnapshot());
    if (this.engine !== undefined) await this.soon(this.keepLive());
  }

  /** Everything is read in it, or will not be any more. */
  private async endSnapshot(): Promise<void> {
    const { snapshot } = this;
    if (snapshot === undefined) return;
    this.snapshot = undefined;
    await this.state.set({ snapshot: null }).finally(() => snapshot.close().catch(() => undefined));
  }

  /** With a server away a step of the end may never end: it is not waited for longer. */
  private async soon(work: Promise<unknown>): Promise<void> {
    await Promise.race([work.catch(() => undefined), this.deps.timers.wait(1_000)]);
  }

  async pause(): Promise<void> {
    await this.state.hold();
    await this.engine.pause();
    this.tellPhase();
  }

  async resume(): Promise<void> {
    await this.state.letGoOn();
    this.engine.resume();
    this.tellPhase();
  }

  /** Of a load that is over, by whichever processes, for `status`; one that goes on counts for itself. */
  private async countLoaded(): Promise<void> {
    if (this.state.at === 'loading') return;
    for (const table of this.plan.tables) {
      this.live.loaded(table.index, await loadedRows(this.store, this.names, table.index), true);
    }
    this.live.expect(this.plan);
  }

  private checkSource(): void {
    const { record } = this.state;
    if (record.capture === null) return;
    if (!sameSource(record.identity, this.planned.identity))
      throw new MillraceError(
        JOB_ERRORS.SOURCE_CHANGED,
        'the source is not the server, or not the history, that this job has followed',
      );
    refuseReplaced(record.plan, this.planned.plan);
  }

  private async beginLoading(signal: AbortSignal): Promise<void> {
    const { state, plan, deps, lease } = this;
    if (plan.mode === 'snapshot') return state.advance('loading');
    const names: CaptureNames = captureNames(plan.job, state.record.incarnation);
    const patience = new Patience(deps.timers, signal, (message) => this.trouble(message));
    try {
      // Who slept meanwhile would take the slot from under whoever goes on.
      const stop = AbortSignal.any([signal, this.ended.signal]);
      const begin = () => this.source.beginCapture(plan, names, stop, () => lease.confirm());
      const begun = await patience.patiently(() => lease.keptFor(begin));
      await state.advance('loading', { capture: names, identity: begun.identity });
    } catch (error) {
      await within(deps.timers, LEAVE_MS, this.leaveNoCapture(names));
      throw error;
    }
  }

  /** Who slept while it made slot and publication, and finds no such load any more, takes them away: a slot pins the source's log. */
  private async leaveNoCapture(names: CaptureNames): Promise<void> {
    const present = await JobState.load(this.store);
    if (present?.incarnation !== this.state.record.incarnation) await this.source.dropCapture(names, 0);
  }

  private makeEngine(): Engine {
    const { deps, state, plan, live } = this;
    return new Engine(
      {
        rooms: deps.rooms,
        roles: rolesOf(deps),
        plan,
        names: this.names,
        epoch: state.record.epoch,
        capture: state.record.capture,
        partitions: state.record.partitions,
        source: this.source,
        store: this.store,
        asHolder: (work) => state.asHolder(work),
        log: deps.makeLog(),
        assembler: this.assembler,
        evaluator: this.evaluator,
        patience: new Patience(deps.timers, this.ended.signal, (message) => this.trouble(message)),
        timers: deps.timers,
        tuning: deps.tuning,
        snapshot: this.snapshot,
        onRows: (table, rows) => this.does('ingest') && live.rows(table, rows),
        onTableDone: (table) => this.does('ingest') && live.tableDone(table),
        onBuilt: (collection, roots) => this.does('transform') && live.roots(collection, roots),
        onCaptured: (changes) => live.captured(changes),
        onLetters: (count) => this.lettersWritten(count),
        onSchema: (finding) => deps.onEvent({ kind: 'warning', finding }),
        onTouched: (collection, roots) => this.touches?.noticed(collection, roots),
      },
      {
        maxRetainedBytes: deps.jobFile.source.maxRetainedBytes,
        lease: this.lease,
        onHealth: (health) => {
          live.retainedBytes = health.retainedBytes;
          this.warnRetention(health.retainedBytes);
        },
        onBacklog: deps.onBacklog,
        topics: { wereMade: state.record.topicsMade === true, onMade: () => state.set({ topicsMade: true }) },
        onConnect: async () => {
          this.planned.identity = await this.source.identity();
          this.checkSource();
        },
      },
    );
  }

  /** `onError: stop` and `stopAfterErrors` end the run; the letters are there, and nothing is lost. */
  private lettersWritten(count: number): void {
    this.newLetters += count;
    if (this.newLetters < this.mostLetters) return;
    this.engine.end(stoppedByError(this.newLetters));
  }

  private get mostLetters(): number {
    const { onError, stopAfterErrors } = this.deps.jobFile;
    return onError === 'stop' ? 1 : (stopAfterErrors ?? Number.POSITIVE_INFINITY);
  }

  private does(role: Role): boolean {
    return rolesOf(this.deps).includes(role);
  }

  /**
   * With `onError: stop`: an error that stopped the job before, and is still there after all changes, stops it again. A
   * letter that may be of a moment is judged after its first retry.
   */
  async refuseLetters(signal: AbortSignal): Promise<void> {
    const { timers } = this.deps;
    for (const begun = timers.now(); ; await timers.wait(LETTERS_LOOK_MS, signal)) {
      let open = false;
      for await (const letter of allInRange<Letter>(this.store.read, this.names.letters)) {
        if (hasFailed(letter)) throw stoppedByError(Math.max(1, await this.store.estimatedCount(this.names.letters)));
        open = true;
      }
      if (!open || timers.now() - begun > LETTERS_OPEN_MS) return;
    }
  }

  private async visitFormers(signal: AbortSignal): Promise<void> {
    for (const former of this.state.record.formers) {
      const assembler = this.deps.makeAssembler(former.plan);
      const { plan, store } = this;
      await touchFormerRoots({ former, plan, assembler, store, toucher: this.engine.river.toucher });
    }
    await this.engine.written(signal);
    for (const former of this.state.record.formers) await dropIncarnation(former, this.store);
  }

  private warned = false;

  private warnRetention(retainedBytes: number): void {
    const bound = this.deps.jobFile.source.maxRetainedBytes;
    const near = retainedBytes > bound * 0.8;
    if (near && !this.warned) {
      const message = `the source keeps ${retainedBytes} bytes of its log for this job; at ${bound} the slot is dropped and the job must load again`;
      const fix = 'Mend what holds the job up, or raise source.maxRetainedBytes.';
      this.deps.onEvent({
        kind: 'warning',
        finding: { severity: 'warning', code: JOB_FINDINGS.RETENTION_NEAR_BOUND.code, object: 'source', message, fix },
      });
    }
    this.warned = near;
  }

  trouble(message: string | undefined): void {
    if (this.live !== undefined) this.live.trouble = message ?? null;
    const event: JobEvent = message === undefined ? { kind: 'recovered' } : { kind: 'trouble', message };
    this.deps.onEvent(event);
  }

  /** A phase that is over shows all of its counts before the next one shows. */
  private keepLive(): Promise<void> {
    const put = (record: Doc) => this.state.asHolder((tx) => tx.put(JOB, [record]));
    return this.live.keep(put, this.names.incarnationId, this.engine.lagMs());
  }

  private tellPhase(): void {
    this.deps.onEvent({ kind: 'phase', phase: this.state.record.phase });
  }

  private watchOthers(): Elsewhere | undefined {
    const others = { load: !this.does('ingest'), build: !this.does('transform'), write: !this.does('write') };
    if (!Object.values(others).includes(true)) return undefined;
    const { store, names, plan, state, live, mostLetters } = this;
    const { now } = this.deps.timers;
    return new Elsewhere({ store, names, plan, state, live, others, mostLetters, now });
  }

  private async tellAlong(): Promise<void> {
    const { signal } = this.ended;
    const elsewhere = this.watchOthers();
    for (let n = 0; !signal.aborted; n++) {
      const letters = n % 2 === 0 ? await elsewhere?.look() : undefined;
      if (letters) this.engine.end(stoppedByError(letters.failed));
      this.snapshot?.throwIfLost();
      this.live.tell(this.state.record.phase, this.engine.lagMs());
      if (n % 2 === 0) this.live.letters = await this.store.estimatedCount(this.names.letters);
      if (n % 2 === 0) await this.keepLive();
      await this.deps.timers.wait(TELL_MS, signal).catch(() => undefined);
    }
  }
}

const rolesOf = ({ roles = ALL_ROLES }: JobDeps): readonly Role[] => roles;

function stoppedByError(documents: number): MillraceError {
  return new MillraceError(
    JOB_ERRORS.STOPPED_BY_ERROR,
    `${documents} ${documents === 1 ? 'document' : 'documents'} could not be written`,
    { exit: EXIT.failed },
  );
}
