import { ROOMS } from '#compose';
import { MillraceError } from '#errors';
import { type JobDeps, LeaseWatch, openJob, type Role, runWorker } from '#job';
import { compileAssembler, type JobFile, type Positions, Sandbox } from '#mapping';
import { electionTopic } from '#stage';
import { targetProblem } from '#store/mongodb';
import type { Tuning } from '#job';
import { Election } from '../../../libs/service/election.js';
import { type Kernel, SimProcess, type SimTimers, simTimers } from '../kernel/index.js';
import { type SimBroker, SimLog } from '../log/index.js';
import { type SimPostgres, SimSource } from '../source/index.js';
import { type SimMongo, SimStore } from '../store/index.js';

export interface Servers {
  kernel: Kernel;
  postgres: SimPostgres;
  mongo: SimMongo;
  broker: SimBroker;
}

export interface SimJob {
  jobFile: JobFile;
  positions: Positions;
  tuning: Tuning;
}

const AGAIN_MS = 1_000;
const LOOK_MS = 500;
const RUN = { untilSynced: false, fresh: false, dropTarget: false, force: [] };
/** Somebody else has the job, or had it a moment ago. */
const PASSING: readonly string[] = ['JOB_RUNNING', 'JOB_TAKEN_OVER'];

/** A replica of a service: production code over the simulated servers, begun again when it fails as a supervisor does. */
export class SimService {
  readonly process: SimProcess;
  private readonly timers: SimTimers;
  private readonly stopping = new AbortController();
  /** What ended the job for good, as a person would have to read it. */
  attention: MillraceError | undefined;

  constructor(
    private readonly servers: Servers,
    private readonly job: SimJob,
    readonly role: Role,
    name: string,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.process = new SimProcess(name);
    this.timers = simTimers(servers.kernel, this.process);
  }

  start(): void {
    this.again(() => this.work());
    if (this.role === 'ingest') this.again(() => this.runWhenElected());
  }

  /** Ends as SIGTERM does. */
  stop(): void {
    this.stopping.abort(new Error('the service stops'));
  }

  private again(work: () => Promise<void>): void {
    const { signal } = this.stopping;
    const forEver = async () => {
      while (!signal.aborted) {
        try {
          await work();
        } catch (error) {
          if (signal.aborted) return;
          this.refuse(error);
        }
        await this.timers.wait(AGAIN_MS, signal).catch(() => undefined);
      }
    };
    forEver().catch(this.onFailure);
  }

  /** What is not of the engine's own errors is a defect. */
  private refuse(error: unknown): void {
    if (!(error instanceof MillraceError)) throw error;
    if (!error.retriable && !PASSING.includes(error.code)) this.attention = error;
  }

  private async work(): Promise<void> {
    const store = await this.openStore();
    try {
      const { openSource } = this.deps();
      await runWorker({ ...this.deps(), openSource, store, roles: [this.role] }, this.stopping.signal);
    } finally {
      await store.close();
    }
  }

  private async runWhenElected(): Promise<void> {
    const { signal } = this.stopping;
    const store = await this.openStore();
    const log = new SimLog(this.servers.broker, this.process);
    const leaseWatch = new LeaseWatch(store, this.timers);
    try {
      await using election = await Election.join(log, electionTopic(this.job.jobFile.job));
      while (!signal.aborted) {
        await leaseWatch.look();
        if (election.isElected) await this.run(election, leaseWatch);
        await Promise.race([election.failed, this.timers.wait(LOOK_MS, signal).catch(() => undefined)]);
      }
    } finally {
      await log.close();
      await store.close();
    }
  }

  private async run(election: Election, leaseWatch: LeaseWatch): Promise<void> {
    const stop = new AbortController();
    const ended = new AbortController();
    const { signal } = this.stopping;
    const end = () => stop.abort(new Error('the run is to end'));
    election.failed.catch(end);
    const watching = (async () => {
      while (!ended.signal.aborted && election.isElected && !signal.aborted)
        await this.timers.wait(LOOK_MS, ended.signal).catch(() => undefined);
      end();
    })();
    const job = openJob({ ...this.deps(), roles: [], leaseWatch });
    try {
      await job.run(RUN, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) this.refuse(error);
    } finally {
      ended.abort();
      await watching;
      await job.close();
    }
  }

  private async openStore(): Promise<SimStore> {
    const { kernel, mongo } = this.servers;
    const { job, target } = this.job.jobFile;
    return new SimStore({
      kernel,
      mongo,
      process: this.process,
      stateDatabase: `millrace_${job}`,
      targetDatabase: target.database,
      timers: this.timers,
    });
  }

  private deps(): JobDeps {
    const { postgres, broker } = this.servers;
    const { jobFile, positions, tuning } = this.job;
    return {
      rooms: ROOMS,
      jobFile,
      positions,
      tuning,
      timers: this.timers,
      targetProblem,
      openSource: async () => new SimSource(postgres, this.process, { timers: this.timers }),
      openStore: () => this.openStore(),
      makeLog: () => new SimLog(broker, this.process),
      makeEvaluator: (plan) => Sandbox.create(plan),
      makeAssembler: compileAssembler,
      onEvent: () => undefined,
    };
  }
}
