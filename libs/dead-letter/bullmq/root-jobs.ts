import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type DueRoot, identify, type RootJob } from './root-job.js';

interface IdentifiedRoot extends DueRoot {
  id: string;
  /** When it is to be touched, with its part of the jitter. */
  touchMs: number;
}

/** What Redis has of some roots: no job, one that is still to be done, one whose touch has begun. */
type FoundRoots = Record<'absent' | 'present' | 'underWay', readonly IdentifiedRoot[]>;

/** BullMQ orders delayed jobs by their time in ms, times this, plus a number of their own. */
const SCORES_IN_A_MS = 0x1000;
/** A job that is so much later than wanted is left where it is. */
const LATE_MS = 50;

/** The jobs of a queue, one for each root. Fails when Redis does not answer. */
export class RootJobs {
  constructor(
    private readonly redis: Redis,
    private readonly queue: Queue<RootJob>,
    private readonly jitterMs: number,
  ) {}

  /**
   * Gives back the roots that are being touched: BullMQ would take their jobs for ones that have still to be done. Which ones
   * those are is asked before any job is made, so a root is touched after its `add`, or given back.
   */
  async add(roots: readonly DueRoot[], now: number): Promise<readonly DueRoot[]> {
    const identified = roots.map((each) => this.identify(each, now));
    const { absent, present, underWay } = await this.lookUp(identified);
    if (absent.length > 0) {
      await this.queue.addBulk(
        absent.map(({ id, collection, root, touchMs }) => ({
          name: 'touch',
          data: { collection, root },
          opts: { jobId: id, timestamp: now, delay: touchMs - now },
        })),
      );
    }
    await this.hasten([...absent, ...present], now);
    return underWay;
  }

  /** Whether no job is due, and none under way, in any replica. */
  async idle(now: number): Promise<boolean> {
    const due = (now + 1) * SCORES_IN_A_MS - 1;
    const [wait, active, delayed] = await answers(
      this.redis.pipeline().llen(this.key('wait')).llen(this.key('active')).zcount(this.key('delayed'), 0, due),
    );
    return wait === 0 && active === 0 && delayed === 0;
  }

  private identify(due: DueRoot, now: number): IdentifiedRoot {
    const { id, spread } = identify(due);
    return { ...due, id, touchMs: due.dueMs <= now ? now : Math.ceil(due.dueMs + spread * this.jitterMs) };
  }

  /** The locks are looked at first: a job that has none, and is there afterwards, was not begun before. */
  private async lookUp(roots: readonly IdentifiedRoot[]): Promise<FoundRoots> {
    const locks = roots.map(({ id }) => `${this.key(id)}:lock`);
    const jobs = roots.map(({ id }) => this.key(id));
    const [locked, there] = await answers(this.redis.pipeline().exists(locks).exists(jobs));
    if (locked === 0 && there === 0) return { absent: roots, present: [], underWay: [] };
    if (locked === 0 && there === roots.length) return { absent: [], present: roots, underWay: [] };
    return this.lookUpEach(roots, locks, jobs);
  }

  private async lookUpEach(
    roots: readonly IdentifiedRoot[],
    locks: readonly string[],
    jobs: readonly string[],
  ): Promise<FoundRoots> {
    const pipeline = this.redis.pipeline();
    for (const key of [...locks, ...jobs]) pipeline.exists(key);
    const found = await answers(pipeline);
    const isLocked = (i: number) => found[i] === 1;
    const isThere = (i: number) => found[roots.length + i] === 1;
    return {
      absent: roots.filter((_, i) => !isLocked(i) && !isThere(i)),
      present: roots.filter((_, i) => !isLocked(i) && isThere(i)),
      underWay: roots.filter((_, i) => isLocked(i)),
    };
  }

  /** The earlier of two times: also where another replica has added the root just now. */
  private async hasten(roots: readonly IdentifiedRoot[], now: number): Promise<void> {
    if (roots.length === 0) return;
    const scores = await this.redis.zmscore(this.key('delayed'), ...roots.map(({ id }) => id));
    const later = roots.filter((root, i) => {
      const score = scores[i];
      return score != null && Number(score) / SCORES_IN_A_MS > root.touchMs + LATE_MS;
    });
    // One that is no longer delayed was begun meanwhile.
    await Promise.allSettled(
      later.map(({ id, touchMs }) => this.queue.getBackend().changeDelay(id, Math.max(0, touchMs - now))),
    );
  }

  private key(name: string): string {
    return this.queue.toKey(name);
  }
}

/** Of a pipeline, in order; throws the first error among them. */
export async function answers(pipeline: ReturnType<Redis['pipeline']>): Promise<unknown[]> {
  return ((await pipeline.exec()) ?? []).map(([error, answer]) => {
    if (error) throw error;
    return answer;
  });
}
