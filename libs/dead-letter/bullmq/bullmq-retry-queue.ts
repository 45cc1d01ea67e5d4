import { Queue, Worker } from 'bullmq';
import type { MakeRetryQueue, RetryQueue, RetryQueueParts } from '../retry-queue.js';
import type { BullmqOptions } from './bullmq-options.js';
import { PendingRoots } from './pending-roots.js';
import { RedisConnections } from './redis-connections.js';
import type { RootJob } from './root-job.js';
import { RootJobs } from './root-jobs.js';
import { TouchGroups } from './touch-groups.js';
import { WipeMark } from './wipe-mark.js';

const ROOTS_PER_BATCH = 100;
const LOOK_MS = 1_000;
const STOP_MS = 1_500;
/** A replica that says nothing for so long is taken for dead, and its jobs are others': within about twice that. */
const LOCK_MS = 5_000;

/**
 * The queue that all replicas of dead-letter share, on Redis with BullMQ: a job for each root, delayed until it is due. BullMQ
 * only schedules: attempts and back-off are the letter's own, a job is done once and removed, whatever becomes of its touch.
 *
 * Redis may be away or lose everything at any time. `add` puts roots into a bounded buffer, which is sent in the background;
 * what does not fit, is not taken, or is lost with Redis (`WipeMark`) makes `lacks` true once when Redis answers. A root that is
 * added while it is being touched is added again a second later.
 */
export class BullmqRetryQueue implements RetryQueue {
  private readonly connections: RedisConnections;
  private readonly queue: Queue<RootJob>;
  private readonly worker: Worker<RootJob>;
  /** Resolves when the worker takes and does nothing more. */
  private readonly running: Promise<void>;
  /** BullMQ's own connection, on which the worker waits for jobs; known once it was made. */
  private blocking: { status: string } | undefined;
  private readonly jobs: RootJobs;
  private readonly mark: WipeMark;
  private readonly groups: TouchGroups;
  private readonly pending: PendingRoots;
  private readonly underWay: PendingRoots;
  private sending = false;
  private left = false;
  private looking: unknown;
  private stopping: Promise<void> | undefined;

  constructor(
    options: BullmqOptions,
    private readonly parts: RetryQueueParts,
  ) {
    const { uri, prefix, jitterMs = 1_000, maxPendingBytes = 16 * 2 ** 20 } = options;
    this.connections = new RedisConnections(uri, { ...options, onReady: () => this.begin() });
    const { quick, patient } = this.connections;
    const { name } = parts;
    this.groups = new TouchGroups(parts);
    this.pending = new PendingRoots(maxPendingBytes);
    this.underWay = new PendingRoots(maxPendingBytes);
    this.queue = new Queue(name, {
      connection: quick,
      prefix,
      skipVersionCheck: true,
      streams: { events: { maxLen: 0 } },
    });
    this.worker = new Worker<RootJob>(name, ({ data }) => this.groups.touch(data.collection, data.root), {
      ...workerOptions(options),
      connection: patient,
    });
    // Told by the connections and by looking; what is lost with a job is left to the letters.
    this.queue.on('error', () => undefined);
    this.worker.on('error', () => undefined);
    this.running = this.worker.run().catch(() => undefined);
    this.worker.waitUntilReady().then(
      async () => {
        this.blocking = await this.worker.getBackend().blockingClient;
      },
      () => undefined,
    );
    this.jobs = new RootJobs(quick, this.queue, jitterMs);
    this.mark = new WipeMark(quick, this.queue.toKey('mark'));
    this.lookLater();
  }

  add(collection: number, roots: readonly string[], dueMs = this.parts.timers.now()): void {
    if (this.stopping) return;
    for (const root of roots) if (!this.pending.add({ collection, root, dueMs })) this.left = true;
    this.send();
  }

  lacks(): boolean {
    if (!this.left || !this.connections.answers || !this.pending.isHalfEmpty) return false;
    this.left = false;
    return true;
  }

  /** False while Redis is away: nobody knows. */
  async idle(): Promise<boolean> {
    const now = this.parts.timers.now();
    if (!this.connections.answers || this.sending || this.pending.hasDue(now) || this.underWay.hasDue(now))
      return false;
    return this.jobs.idle(now).catch(() => false);
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private send(): void {
    if (this.sending) return;
    this.sending = true;
    void this.sendPending();
  }

  /** Never rejects. */
  private async sendPending(): Promise<void> {
    while (!this.pending.isEmpty && this.connections.answers && !this.stopping) {
      const batch = this.pending.take(ROOTS_PER_BATCH);
      try {
        for (const root of await this.jobs.add(batch, this.parts.timers.now())) this.underWay.add(root);
      } catch (error) {
        this.left = true;
        this.connections.failed(error);
      }
    }
    this.sending = false;
  }

  /** A removal that did not come to its end leaves the queue paused; a job that was forgotten may have its name again. */
  private begin(): void {
    this.queue.resume().catch(() => undefined);
    this.look();
  }

  private look(): void {
    if (!this.connections.answers || this.stopping) return;
    this.mark
      .isNew()
      .then((isNew) => {
        if (isNew) this.left = true;
        this.connections.worked();
      })
      .catch((error: unknown) => this.connections.failed(error));
    for (const root of this.underWay.take(Number.POSITIVE_INFINITY)) if (!this.pending.add(root)) this.left = true;
    this.send();
  }

  private lookLater(): void {
    this.looking = this.parts.timers.setTimeout(() => {
      this.look();
      this.lookLater();
    }, LOOK_MS);
  }

  /**
   * BullMQ's own `close` interrupts a connection that waits for a job, but may wait for ever for one that is just being made
   * again: so where Redis is away, the connections give up by themselves first.
   */
  private async close(): Promise<void> {
    this.parts.timers.clearTimeout(this.looking);
    this.groups.stop();
    this.connections.giveUp();
    const isAway = this.connections.patient.status !== 'ready' || this.blocking?.status !== 'ready';
    if (isAway) {
      await this.worker.pause(true);
      await this.within(this.running, STOP_MS);
    }
    await this.within(this.worker.close(isAway), STOP_MS);
    this.connections.close();
  }

  private async within(work: Promise<unknown>, ms: number): Promise<void> {
    let timer: unknown;
    const late = new Promise<void>((resolve) => {
      timer = this.parts.timers.setTimeout(resolve, ms);
    });
    await Promise.race([work, late]);
    this.parts.timers.clearTimeout(timer);
  }
}

function workerOptions({ prefix, retriesPerSecond, retriesAtOnce = 128 }: BullmqOptions) {
  return {
    prefix,
    concurrency: retriesAtOnce,
    limiter: { max: retriesPerSecond, duration: 1_000 },
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS / 2,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 500,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    skipVersionCheck: true,
    autorun: false,
  };
}

/** For rivers: a queue on Redis for each name. */
export const makeBullmqRetryQueue =
  (options: BullmqOptions): MakeRetryQueue =>
  (parts) =>
    new BullmqRetryQueue(options, parts);
