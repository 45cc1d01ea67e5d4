import { electionTopic, type Incarnation, IncarnationNames } from '#stage';
import { isCompleted } from './attention.js';
import type { Connections } from './connection.js';
import type { JobDeps } from './job-deps.js';
import { type JobRecord, JobState } from './job-record.js';
import { Lease, LEASE_WAIT_MS, type UnderLease } from './lease.js';
import { topicsOf } from './river-consumers.js';
import { captureNames } from './start-incarnation.js';

/** Takes away what there is of a job, in an order that nobody can be surprised by. */
export class Removal {
  constructor(
    private readonly deps: Pick<JobDeps, 'makeLog' | 'onCompleted' | 'timers'>,
    private readonly connections: Connections,
  ) {}

  /** Ends what a completing was killed in: the job is verified, and its remains go. False where there is no such thing. */
  async finish(signal: AbortSignal): Promise<boolean> {
    const store = await this.connections.store(0, signal);
    if (!isCompleted(await JobState.load(store))) return false;
    const lease = new Lease(store, this.deps.timers);
    await lease.acquire(LEASE_WAIT_MS, () => undefined, signal);
    try {
      if (isCompleted(await JobState.load(store))) {
        await lease.confirm();
        await this.deps.onCompleted?.();
        await this.forget(lease, signal);
      }
    } finally {
      await lease.release();
    }
    return true;
  }

  /** Forgets the job: its slot and publication, its state database. The caller has the lease, which is looked at before each step. */
  async forget(lease: Lease, signal: AbortSignal): Promise<void> {
    const store = await this.connections.store(0, signal);
    const record = await JobState.load(store);
    if (record === undefined) return;
    const { job, plan, incarnation } = record;
    await this.takeAway({ store, lease }, record, plan.mode === 'continuous' ? captureNames(job, incarnation) : null);
  }

  /** `onLast`: before the state goes, of which nothing is left to go on from then. */
  async takeAway(
    { store, lease }: UnderLease,
    record: JobRecord,
    capture: JobRecord['capture'],
    onLast = async (): Promise<void> => undefined,
  ): Promise<void> {
    const incarnations = [record, ...record.formers];
    if (capture !== null) await (await this.connections.source()).dropCapture(capture, 10_000, () => lease.confirm());
    await lease.confirm();
    // Before the rest of the state: a database goes collection by collection, and whoever still works must not find its stage gone and
    // its fence there. Before the topics: who is late to make them knows by the fences that nobody removes them after it.
    for (const incarnation of incarnations) await store.drop(new IncarnationNames(incarnation).fences);
    await lease.confirm();
    await this.removeTopics(record.job, incarnations, { electionToo: true });
    await lease.confirm();
    await onLast();
    await lease.confirm();
    await store.dropState();
  }

  /** Of these loads. */
  async removeTopics(job: string, incarnations: readonly Incarnation[], { electionToo = false } = {}): Promise<void> {
    const log = this.deps.makeLog();
    try {
      const topics = incarnations.flatMap((incarnation) => topicsOf(new IncarnationNames(incarnation), job));
      await log.remove(electionToo ? [...topics, electionTopic(job)] : topics);
    } finally {
      await log.close();
    }
  }
}
