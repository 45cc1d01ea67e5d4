import { ROOMS } from '#compose';
import { MillraceError } from '#errors';
import { type JobCommands, type JobDeps, LeaseWatch, openJob, type Role, runWorker, type Tuning } from '#job';
import { EmbeddedLog } from '#log/embedded';
import { compileAssembler, type Evaluator, type JobFile, type Positions } from '#mapping';
import type { Plan } from '#model';
import { electionTopic } from '#stage';
import { targetProblem } from '#store/mongodb';
import { makeTransform } from '#transform';
import { Election } from '../../../libs/service/election.js';
import { type Kernel, SimProcess, type SimTimers, simTimers } from '../kernel/index.js';
import { type SimBroker, SimLog } from '../log/index.js';
import { type SimPostgres, SimSource } from '../source/index.js';
import { type SimMongo, SimStore } from '../store/index.js';
import type { ServiceFeed } from '../matrix/feeds/service-feed.js';
import type { SimJobList } from './job-list.js';

export interface Servers {
  kernel: Kernel;
  postgres: SimPostgres;
  mongo: SimMongo;
  broker: SimBroker;
  /** It is a function of rows alone: processes may share one. */
  makeEvaluator(plan: Plan): Promise<Evaluator>;
  /** Told of what services do. */
  feed?: ServiceFeed;
}

export interface SimJob {
  jobFile: JobFile;
  positions: Positions;
  tuning: Tuning;
  fanOut: { rows: number; page: number };
  /** So long after a commit is dealt with the source is told. */
  statusIntervalMs: number;
}

/** `engine`: all of it in one process, without a broker. `console` and `command` do only what is asked of them; a command may run an engine for that. */
export type SimRole = Role | 'engine' | 'console' | 'command';

const AGAIN_MS = 1_000;
const LOOK_MS = 500;
const RUN = { untilSynced: false, fresh: false, dropTarget: false, force: [] };
/** Somebody else has the job, or had it a moment ago; or a snapshot has ended with its session, and is loaded anew. */
const PASSING: readonly string[] = ['JOB_RUNNING', 'JOB_TAKEN_OVER', 'SNAPSHOT_LOST'];

/** A replica of a service: production code over the simulated servers, begun again when it fails as a supervisor does. */
export class SimService {
  readonly process: SimProcess;
  private readonly timers: SimTimers;
  private readonly stopping = new AbortController();
  /** What ended a worker for good. */
  attention: MillraceError | undefined;

  constructor(
    private readonly servers: Servers,
    private readonly list: SimJobList,
    readonly role: SimRole,
    name: string,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.process = new SimProcess(name);
    this.timers = simTimers(servers.kernel, this.process);
    servers.feed?.process(this.process);
  }

  /** As it is asked for now: who runs another one goes on with that. */
  private get job(): SimJob {
    return this.list.job;
  }

  start(): void {
    const { role } = this;
    if (role === 'engine') return this.again(() => this.run(new AbortController().signal));
    if (role === 'console' || role === 'command') return;
    this.again(() => this.work(role));
    // A topic of elections that a completing has removed is made again.
    if (role === 'ingest') this.again(() => this.runWhenElected(), ['LOG_TOPIC_MISSING']);
  }

  /** A command, as the console carries it out: by whoever holds the job, or by itself. */
  async command<T>(work: (job: JobCommands) => Promise<T>): Promise<T> {
    const job = openJob({ ...this.deps(), ...(this.role === 'console' && { roles: [] }) });
    try {
      return await work(job);
    } finally {
      await job.close();
    }
  }

  private again(work: () => Promise<void>, passing: readonly string[] = []): void {
    const { signal } = this.stopping;
    const forEver = async () => {
      while (!signal.aborted) {
        try {
          await work();
        } catch (error) {
          const refused = this.refused(error);
          if (refused !== undefined && !passing.includes(refused.code)) this.attention = refused;
        }
        await this.timers.wait(AGAIN_MS, signal).catch(() => undefined);
      }
    };
    forEver().catch(this.onFailure);
  }

  /** What is not of the engine's own errors is a defect. */
  private refused(error: unknown): MillraceError | undefined {
    if (!(error instanceof MillraceError)) throw error;
    return error.retriable || PASSING.includes(error.code) ? undefined : error;
  }

  private async work(role: Role): Promise<void> {
    const store = await this.openStore();
    try {
      const { openSource } = this.deps();
      await runWorker({ ...this.deps(), openSource, store, roles: [role] }, this.stopping.signal);
    } finally {
      await store.close();
    }
  }

  private async runWhenElected(): Promise<void> {
    if (this.list.take() === undefined) return;
    const store = await this.openStore();
    const log = new SimLog(this.servers.broker, this.process);
    const leaseWatch = new LeaseWatch(store, this.timers);
    try {
      await using election = await Election.join(log, electionTopic(this.job.jobFile.job));
      while (this.list.take() !== undefined) {
        await leaseWatch.look();
        if (election.isElected) await this.runWhile(election, leaseWatch);
        await Promise.race([election.failed, this.timers.wait(LOOK_MS)]);
      }
    } finally {
      await log.close();
      await store.close();
    }
  }

  private async runWhile(election: Election, leaseWatch: LeaseWatch): Promise<void> {
    const stop = new AbortController();
    const end = () => stop.abort(new Error('another one is elected'));
    election.failed.catch(end);
    let isOver = false;
    const watching = (async () => {
      while (!isOver && election.isElected) await this.timers.wait(LOOK_MS);
      end();
    })();
    try {
      await this.run(stop.signal, { roles: [], leaseWatch });
    } finally {
      isOver = true;
      await watching;
    }
  }

  /** Until it ends or is stopped, or something else is asked for. */
  private async run(signal: AbortSignal, parts: Partial<JobDeps> = {}): Promise<void> {
    const taken = this.list.take();
    if (taken === undefined) return;
    const { job: file } = this;
    const over = new AbortController();
    let isOver = false;
    const watching = (async () => {
      while (!isOver && this.list.goesOnWith(taken.number)) await this.timers.wait(LOOK_MS);
      over.abort(new Error('something else is asked for'));
    })();
    const stop = AbortSignal.any([signal, over.signal]);
    // Of another file it is somebody else's.
    const takeAsked = async () => (this.job === file ? this.list.take() : undefined);
    const job = openJob({ ...this.deps(), ...parts, takeAsked });
    try {
      const { kind } = await job.run(RUN, stop);
      if (kind === 'done' || kind === 'loaded') this.list.done(taken.number);
    } catch (error) {
      if (stop.aborted) return;
      const attention = this.refused(error);
      if (attention === undefined) return;
      this.servers.feed?.refused(attention);
      this.list.end(taken.number, attention);
    } finally {
      isOver = true;
      await watching;
      await job.close();
    }
  }

  private async openStore(): Promise<SimStore> {
    const { kernel, mongo, feed } = this.servers;
    const { job, target } = this.job.jobFile;
    return new SimStore({
      kernel,
      mongo,
      process: this.process,
      stateDatabase: `millrace_${job}`,
      targetDatabase: target.database,
      timers: this.timers,
      ...(feed && { onRetry: feed.retries(this.process) }),
    });
  }

  private deps(): JobDeps {
    const { postgres, broker, feed } = this.servers;
    const { jobFile, positions, tuning, fanOut, statusIntervalMs } = this.job;
    const { timers } = this;
    return {
      rooms: { ...ROOMS, transform: (parts) => makeTransform({ ...parts, fanOut }) },
      jobFile,
      positions,
      tuning,
      timers,
      targetProblem,
      openSource: async () => new SimSource(postgres, this.process, { timers, capture: { statusIntervalMs } }),
      openStore: () => this.openStore(),
      makeLog: () => {
        const log =
          this.role === 'engine' || this.role === 'command'
            ? new EmbeddedLog({ timers })
            : new SimLog(broker, this.process);
        return feed?.log(log, this.process) ?? log;
      },
      makeEvaluator: this.servers.makeEvaluator,
      makeAssembler: compileAssembler,
      onCompleted: async () => this.list.complete(),
      onEvent: (event) => feed?.event(event),
    };
  }
}
