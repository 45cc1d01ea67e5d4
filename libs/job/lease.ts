import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { MillraceError } from '#errors';
import { JOB, LEASE_ID } from '#stage';
import type { Doc, Store } from '#store';
import { JOB_ERRORS } from './job.codes.js';

interface LeaseRecord extends Doc {
  holder: string | null;
  /** Counts up while the holder lives. Nobody compares clocks: a lease is dead when its beat stands still. */
  beat: number;
  host: string;
  pid: number;
  /** When that process was started, as its system tells: ids of processes are used again. */
  started: string | null;
}

export interface LeaseTimers {
  now(): number;
  /** By a clock that nobody sets: a lease must not be found dead because the time of day was corrected. `now` where absent. */
  elapsed?(): number;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The job's state, and the lease under which it is changed. */
export interface UnderLease {
  store: Store;
  lease: Lease;
}

/** What its holder may ask of it before and while it does what cannot be undone. */
export type HeldLease = Pick<Lease, 'confirm' | 'keptFor'>;

/** How a lease stood, and since when it has stood so. */
export interface LeaseSeen {
  holder: string | null;
  beat: number;
  sinceMs: number;
}

/** For who has it now to end, or to be found dead. */
export const LEASE_WAIT_MS = 15_000;
const DEAD_AFTER_MS = 10_000;
const BEAT_MS = 2_000;
const LOOK_MS = 250;

/** At most one process holds a job. It is taken over when its beat has stood still for ten seconds, or its process is gone. */
export class Lease {
  readonly holder: string = randomUUID();
  private stopped = new AbortController();
  private beating: Promise<void> = Promise.resolve();
  private underway = 0;

  constructor(
    private readonly store: Store,
    private readonly timers: LeaseTimers,
    /** Where this process has looked at it before. */
    private readonly watch?: LeaseWatch,
  ) {}

  async isHeld(): Promise<boolean> {
    return (await this.livingHolder()) !== undefined;
  }

  /**
   * The living process that holds it: one of this host is known by its process, another by its beat; `byBeat`, each of them, as a process
   * may live on that runs this job no more. A dead one's open transactions are ended: whoever asks is about to change what they hold.
   */
  async livingHolder({ byBeat = false } = {}): Promise<string | undefined> {
    const lease = await this.store.read.byId<LeaseRecord>(JOB, LEASE_ID);
    if (lease === undefined || lease.holder === null) return undefined;
    const holder = await this.outliving(lease, byBeat);
    if (holder === null) await this.store.endAbandoned?.();
    return holder ?? undefined;
  }

  /** Who holds it when it is known whether this holder lives; null: nobody. */
  private async outliving(first: LeaseRecord, byBeat: boolean): Promise<string | null> {
    if (deadHere(first)) return null;
    if (first.host === here() && !byBeat) return first.holder;
    for (const begun = elapsed(this.timers); elapsed(this.timers) - begun < DEAD_AFTER_MS; ) {
      await this.timers.wait(LOOK_MS);
      const lease = await this.store.read.byId<LeaseRecord>(JOB, LEASE_ID);
      if (lease?.holder !== first.holder) return lease?.holder ?? null;
      if (lease.beat !== first.beat) return first.holder;
    }
    return null;
  }

  /**
   * Waits for it at most `waitMs`. `onLost` is called at most once: when another process has taken it, or with the failure
   * for which it cannot be renewed any more.
   */
  async acquire(waitMs: number, onLost: (reason?: unknown) => void, signal: AbortSignal): Promise<void> {
    if (!(await this.tryFor(waitMs, signal))) {
      const lease = await this.store.read.byId<LeaseRecord>(JOB, LEASE_ID);
      throw new MillraceError(
        JOB_ERRORS.JOB_RUNNING,
        `this job is running on ${lease?.host ?? 'another host'} (process ${lease?.pid ?? '?'}); stop it first, or wait`,
      );
    }
    this.stopped = new AbortController();
    this.beating = this.beat(onLost).catch(onLost);
  }

  /** Before what cannot be undone: who slept for longer than a lease lasts must not act as its holder. */
  async confirm(): Promise<void> {
    const kept = await this.store.write.patch(JOB, LEASE_ID, { where: { holder: this.holder }, inc: { beat: 1 } });
    if (kept === undefined)
      throw new MillraceError(JOB_ERRORS.JOB_TAKEN_OVER, 'another process has taken this job over');
  }

  /**
   * Not given up before this has ended: what cannot be undone may be on its way, and must not arrive when somebody else goes on. Who
   * stops meanwhile leaves the lease to end by itself.
   */
  async keptFor<T>(work: () => Promise<T>): Promise<T> {
    this.underway++;
    try {
      return await work();
    } finally {
      this.underway--;
    }
  }

  async release(): Promise<void> {
    this.stopped.abort();
    await this.beating;
    if (this.underway > 0) return;
    await this.store.write.patch(JOB, LEASE_ID, { where: { holder: this.holder }, set: { holder: null } });
  }

  private async tryFor(waitMs: number, signal: AbortSignal): Promise<boolean> {
    const begun = elapsed(this.timers);
    let seen = this.watch?.seen;
    for (;;) {
      signal.throwIfAborted();
      const lease = await this.present();
      const now = elapsed(this.timers);
      seen = seenAgain(seen, lease, now);
      const free = lease.holder === null || deadHere(lease) || now - seen.sinceMs >= DEAD_AFTER_MS;
      if (free) {
        // Before it is taken: the killed holder may have died renewing this very record.
        await this.store.endAbandoned?.();
        if (await this.take(lease)) return true;
      }
      if (now - begun >= waitMs) return false;
      await this.timers.wait(LOOK_MS, signal);
    }
  }

  private async present(): Promise<LeaseRecord> {
    const lease = await this.store.read.byId<LeaseRecord>(JOB, LEASE_ID);
    if (lease !== undefined) return lease;
    const first: LeaseRecord = { _id: LEASE_ID, holder: null, beat: 0, host: '', pid: 0, started: null };
    await this.store.write.insert(JOB, [first]).catch(() => undefined);
    return first;
  }

  private async take(lease: LeaseRecord): Promise<boolean> {
    const taken = await this.store.write.patch(JOB, LEASE_ID, {
      where: { holder: lease.holder, beat: lease.beat },
      set: {
        holder: this.holder,
        beat: lease.beat + 1,
        host: here(),
        pid: process.pid,
        started: startOf(process.pid) ?? null,
      },
    });
    return taken !== undefined;
  }

  private async beat(onLost: (reason?: unknown) => void): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await this.timers.wait(BEAT_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const kept = await this.store.write.patch(JOB, LEASE_ID, { where: { holder: this.holder }, inc: { beat: 1 } });
      if (kept !== undefined) continue;
      onLost();
      return;
    }
  }
}

/** By a clock that nobody sets, where there is one. */
export function elapsed(timers: Pick<LeaseTimers, 'now' | 'elapsed'>): number {
  return timers.elapsed?.() ?? timers.now();
}

function seenAgain(before: LeaseSeen | undefined, { holder, beat }: LeaseRecord, sinceMs: number): LeaseSeen {
  return before !== undefined && before.holder === holder && before.beat === beat ? before : { holder, beat, sinceMs };
}

/** Looks at a lease that others hold, so that whoever may take it over knows for how long its beat has stood still. */
export class LeaseWatch {
  seen: LeaseSeen | undefined;

  constructor(
    private readonly store: Store,
    private readonly timers: Pick<LeaseTimers, 'now' | 'elapsed'>,
  ) {}

  async look(): Promise<void> {
    const lease = await this.store.read.byId<LeaseRecord>(JOB, LEASE_ID);
    this.seen = lease && seenAgain(this.seen, lease, elapsed(this.timers));
  }
}

/** The host and its process-id space: a pid means something only within one. */
function here(): string {
  let space = '';
  try {
    space = ` ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    space = '';
  }
  return `${hostname()}${space}`;
}

/** The holder was a process of this very host that is no more: no need to wait. */
function deadHere(lease: LeaseRecord): boolean {
  if (lease.host !== here() || lease.pid === process.pid) return false;
  try {
    process.kill(lease.pid, 0);
    const started = startOf(lease.pid);
    return started !== undefined && started !== lease.started;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** On Linux: in clock ticks since the system's start, or `dead` where the process has ended and was not yet buried (proc(5)). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : fields[19];
  } catch {
    return undefined;
  }
}
