import { MillraceError } from '#errors';
import { awaitedLater, within } from '#log';
import type { Store } from '#store';
import { keepAttention } from './attention.js';
import { Beginning, type Begun, type NotBegun } from './beginning.js';
import type { RunOptions, RunOutcome } from './commands.js';
import type { Connections } from './connection.js';
import type { JobDeps } from './job-deps.js';
import { JOB_ERRORS } from './job.codes.js';
import { Lease, LEASE_WAIT_MS, type UnderLease } from './lease.js';
import { carryOut, catchesUp, endsTheJob, type Operation, refuseHeldLoad, refusePaused } from './operations.js';
import { allAnswered, answer, answersTaken } from './requests.js';
import { Removal } from './removal.js';
import { Session } from './session.js';

/** Of what is said to the target at the end of a run. */
const SAID_WITHIN_MS = 5_000;
const HELD_LOOK_MS = 250;

/** Runs a job in this process, under its lease: by `run`, or for as long as another command needs the engine. */
export class Runner {
  readonly removal: Removal;
  private readonly beginning: Beginning;

  constructor(
    private readonly deps: JobDeps,
    private readonly connections: Connections,
  ) {
    this.removal = new Removal(deps, connections);
    this.beginning = new Beginning(deps, connections, this.removal);
  }

  /** After preflight. Loads or goes on, follows changes, answers other commands, until the signal or a failure. */
  async run(options: RunOptions, signal: AbortSignal): Promise<RunOutcome> {
    const session = await this.open((begin) => this.beginning.run(begin, options, signal), signal);
    if (session === 'loaded') return { kind: 'loaded' };
    if (session === 'not asked') return STOPPED;
    return this.within(session, signal, async (stop) => {
      if (options.untilSynced) refusePaused(session.value);
      const brought = session.value.bringUp(signal);
      const answering = this.answer(session, brought, stop.signal);
      await Promise.race([brought, answering]);
      const strict = this.deps.jobFile.onError === 'stop';
      if (session.value.state.record.phase === 'completed') {
        if (strict) await session.value.refuseLetters(signal);
        return { kind: 'done' };
      }
      if (options.untilSynced) refusePaused(session.value);
      if (options.untilSynced || strict) {
        const caughtUp = this.unheld(session.value, signal).then(() => session.value.engine.drained(signal));
        const ended = await Promise.race([caughtUp, answering]);
        if (ended === 'completed') return { kind: 'completed' };
        if (strict) await session.value.refuseLetters(signal);
        if (options.untilSynced) return { kind: 'done' };
      }
      return (await answering) === 'completed' ? { kind: 'completed' } : { kind: 'stopped', synced: false };
    });
  }

  /** Where nobody holds the lease: catches up, carries one operation out, stops. */
  async once(operation: Operation, signal: AbortSignal): Promise<unknown> {
    const held = await this.open((begin) => this.beginning.command(begin, signal), signal);
    if (typeof held === 'string') return undefined;
    const session = held.value;
    const result = await this.within(held, signal, async (stop) => {
      refuseHeldLoad(session);
      const working = this.onceUp(operation, session, signal);
      const own = awaitedLater(working.then(() => undefined));
      // Others find a living holder meanwhile, and ask it: what they ask is done after this process's own.
      const answering = this.answer(held, own, stop.signal);
      const done = await Promise.race([working, answering.then(() => working)]);
      if (endsTheJob(operation, done)) await this.remove(held);
      else await Promise.race([allAnswered(held.store, this.deps.timers, held.lease.holder), answering]);
      return done;
    });
    if (result === STOPPED) throw interrupted();
    return result;
  }

  private async onceUp(operation: Operation, session: Session, signal: AbortSignal): Promise<unknown> {
    await session.bringUp(signal);
    const { paused } = session.state.record;
    if (!paused && !catchesUp(operation)) await session.engine.drained(signal);
    return carryOut(operation, this.context(session), signal);
  }

  private async open(
    begin: (under: UnderLease) => Promise<Begun | NotBegun>,
    signal: AbortSignal,
  ): Promise<Held | NotBegun> {
    const store = await this.connections.store(LEASE_WAIT_MS, signal);
    const lease = new Lease(store, this.deps.timers, this.deps.leaseWatch);
    const lost = new AbortController();
    await lease.acquire(LEASE_WAIT_MS, (reason) => lost.abort(reason), signal);
    try {
      const begun = await begin({ store, lease });
      if (typeof begun === 'string') {
        // Who slept may have read it of a load that another process has begun anew since.
        if (begun === 'loaded') await lease.confirm();
        await lease.release();
        return begun;
      }
      const { state, planned } = begun;
      return {
        value: new Session(this.deps, state, store, planned, lease),
        lease,
        lost: lost.signal,
        store,
        answering: undefined,
        completed: false,
        removed: false,
      };
    } catch (error) {
      const failure = await this.unlessTakenOver(error, lease);
      await lease.release();
      throw failure;
    }
  }

  /** Starts the session, works, and stops it whatever happens; a failure that needs a person is kept. */
  private async within<T>(
    held: Held,
    signal: AbortSignal,
    work: (stop: AbortController) => Promise<T>,
  ): Promise<T | Stopped> {
    const session = held.value;
    const [stop, over] = [new AbortController(), new AbortController()];
    // A removal that has begun, or of which somebody was told, is brought to its end.
    const stopped = raised(signal, over.signal).then(() =>
      held.completed || held.removed ? new Promise<never>(() => undefined) : undefined,
    );
    const lost = raised(held.lost, over.signal).then(() => {
      // Its record goes with the state: who removes looks at the lease itself before that.
      if (held.removed) return new Promise<never>(() => undefined);
      throw takenOver(held);
    });
    try {
      await Promise.race([session.start(signal), stopped, lost]);
      if (signal.aborted) return STOPPED;
      const ended = Promise.race([work(stop), session.engine.failed, stopped.then(() => STOPPED), lost]);
      return await ended.finally(() => completing(held));
    } catch (error) {
      if (signal.aborted && !(error instanceof MillraceError)) return STOPPED;
      if (held.removed) throw error;
      stop.abort(new Error('the job stops'));
      await this.soon(keepAttention(session.state, error), SAID_WITHIN_MS);
      throw await this.unlessTakenOver(error, held.lease);
    } finally {
      stop.abort(new Error('the job stops'));
      over.abort();
      if (!held.removed) await session.stop();
      if (!held.removed) await this.soon(held.lease.release());
    }
  }

  /** What meets who slept is its successor's doing (slot and stage are there, or gone): it was taken over, and says nothing else. */
  private async unlessTakenOver(error: unknown, lease: Lease): Promise<unknown> {
    let failure = error;
    const look = lease.confirm().catch((lost: unknown) => {
      if (lost instanceof MillraceError && lost.code === JOB_ERRORS.JOB_TAKEN_OVER.code) failure = lost;
    });
    await this.soon(look, SAID_WITHIN_MS);
    return failure;
  }

  /** With the target away nothing more can be said there; the lease then ends by itself. */
  private async soon(work: Promise<unknown>, ms = 1_000): Promise<void> {
    await within(this.deps.timers, ms, work);
  }

  private answer(held: Held, brought: Promise<void>, signal: AbortSignal): Promise<'completed' | undefined> {
    const answering = awaitedLater(this.answering(held, brought, signal));
    held.answering = answering;
    return answering;
  }

  private async answering(held: Held, brought: Promise<void>, signal: AbortSignal): Promise<'completed' | undefined> {
    const done = new AbortController();
    const stop = AbortSignal.any([signal, done.signal]);
    const { timers } = this.deps;
    await answer(
      { store: held.store, timers, holder: held.lease.holder },
      async (operation, asked) => {
        const result = await this.carriedOut(held, operation, brought, AbortSignal.any([signal, asked]));
        if (endsTheJob(operation, result)) {
          held.completed = true;
          done.abort();
        }
        return result;
      },
      stop,
    );
    if (!held.completed) return undefined;
    await answersTaken(held.store, timers);
    await this.remove(held);
    return 'completed';
  }

  private async carriedOut(
    { value: session, lease }: Held,
    operation: Operation,
    brought: Promise<void>,
    signal: AbortSignal,
  ): Promise<unknown> {
    try {
      if (operation.kind !== 'pause' && operation.kind !== 'resume') await this.up(session, brought);
      return await carryOut(operation, this.context(session), signal);
    } catch (error) {
      throw await this.unlessTakenOver(error, lease);
    }
  }

  /** What failed before or while an operator holds the job is judged when it goes on. */
  private async unheld({ state }: Session, signal: AbortSignal): Promise<void> {
    while (state.record.paused) await this.deps.timers.wait(HELD_LOOK_MS, signal);
  }

  /** The documents are built; an operator who holds the load meanwhile is not waited for. */
  private async up(session: Session, brought: Promise<void>): Promise<void> {
    let isUp = false;
    const up = awaitedLater(
      brought.then(() => {
        isUp = true;
      }),
    );
    while (!isUp) {
      refuseHeldLoad(session);
      await Promise.race([up, this.deps.timers.wait(HELD_LOOK_MS)]);
    }
  }

  /**
   * Fences stay closed until the engine has ended; then slot, publication and state go. The lease is held to the last:
   * a load anew that began meanwhile would lose its record, and leave its slot to nobody.
   */
  private async remove(held: Held): Promise<void> {
    const { value: session } = held;
    held.removed = true;
    try {
      await session.state.enter('completed').finally(() => session.stop());
      const { record } = session.state;
      await this.removal.takeAway(held, record, record.capture, async () => this.deps.onCompleted?.());
    } finally {
      await this.soon(held.lease.release());
    }
  }

  private context(session: Session) {
    const { timers, onEvent } = this.deps;
    return {
      session,
      onEvent,
      now: () => new Date(timers.now()),
      wait: (ms: number, stop?: AbortSignal) => timers.wait(ms, stop),
    };
  }
}

interface Held {
  value: Session;
  lease: Lease;
  lost: AbortSignal;
  store: Store;
  /** What others ask, and what is due to them. */
  answering: Promise<unknown> | undefined;
  /** Another process was told so: it is removed, whatever else ends here. */
  completed: boolean;
  /** Everything of the job was removed: there is nothing to stop or to release any more. */
  removed: boolean;
}

type Stopped = { kind: 'stopped'; synced: false };
const STOPPED: Stopped = { kind: 'stopped', synced: false };

/** Of a job that was said to be completed the removal is waited for; not by who has lost it meanwhile. */
async function completing({ completed, answering, lost }: Held): Promise<void> {
  if (completed && !lost.aborted) await answering;
}

/** A signal may outlive whoever waits for it: it keeps nothing of one that is `over`. */
function raised(signal: AbortSignal, over: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true, signal: over }));
}

function takenOver({ lost }: Held): MillraceError {
  if (lost.reason instanceof MillraceError) return lost.reason;
  return new MillraceError(JOB_ERRORS.JOB_TAKEN_OVER, 'another process has taken this job over');
}

export function interrupted(): MillraceError {
  return new MillraceError(JOB_ERRORS.INTERRUPTED, 'the command was stopped before its end');
}
