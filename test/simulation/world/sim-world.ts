import { DEFAULT_TUNING, type Tuning } from '#job';
import { quickJs, readJobFile, SANDBOX_LIMITS, Sandbox } from '#mapping';
import { type Incarnation, JOB, JOB_ID } from '#stage';
import type { Plan } from '#model';
import { Kernel, type KernelOptions, type Random } from '../kernel/index.js';
import { SimBroker } from '../log/index.js';
import { type CommitOptions, SimPostgres } from '../source/index.js';
import { fieldOf, SimMongo, type Stored } from '../store/index.js';
import {
  BAD,
  changedMapping,
  isMendable,
  type JobFileOptions,
  jobFileOf,
  type Model,
  type ModelCollection,
  NUMBER,
  RandomChanges,
  randomModel,
  shownName,
  VERSION,
} from '../workload/index.js';
import { Documents } from './documents.js';
import { SimJobList } from './job-list.js';
import { type Servers, type SimJob, type SimRole, SimService } from './sim-service.js';

/** The job's. */
export const NAME = 'sim';
/** The job's state database. */
export const STATE = `millrace_${NAME}`;

/** Of seeds: the job loads once, and follows no changes. */
const SNAPSHOT_SHARE = 0.08;
/** Of seeds whose model allows it: the job stops at what cannot be written. */
const STOPPING_SHARE = 0.6;
/** Of those that do not, and could: it stops at some. */
const STOPPING_LATER_SHARE = 0.5;
/** Of seeds: the source keeps so much of its log for the job, and no more. */
const BOUNDED_SHARE = 0.04;
const BOUNDS = [1_000, 4_000];

/** One seed's world: servers, services, a workload, and what its documents should be. */
export class SimWorld {
  readonly kernel: Kernel;
  readonly servers: Servers;
  readonly model: Model;
  readonly changes: RandomChanges;
  readonly documents: Documents;
  readonly list: SimJobList;
  readonly services: SimService[] = [];
  /** Of rows, by the number that each change draws. */
  readonly versions = new Map<number, Record<string, string | null>>();
  /** Of a service: nothing that it should ever throw. */
  failure: unknown;
  /** How transactions of the source commit. */
  commitOptions: () => CommitOptions = () => ({});
  /** So long the source takes at most to decode the next changes. */
  decodesWithinMs = 0;
  /** How often MongoDB has committed a document or a letter. */
  commits = 0;
  private readonly random: Random;
  /** Since it began. */
  isMappingChanged = false;
  private readonly fileOptions: JobFileOptions;
  private readonly evaluators: Evaluators;
  private names = 0;
  /** All of it, so that a command runs all of it, too. */
  private isInOneProcess = false;

  constructor(options: KernelOptions) {
    const kernel = new Kernel(options);
    this.kernel = kernel;
    this.random = kernel.random.fork();
    const postgres = new SimPostgres(kernel, {
      commitOptions: () => this.commitOptions(),
      decodesWithinMs: () => this.decodesWithinMs,
    });
    const mongo = new SimMongo(kernel, { newestRead: this.random.one([0, 0.5]) });
    mongo.onCommitted(({ database, collection }) => {
      if (database !== STATE || collection.startsWith('letters_')) this.commits++;
    });
    const broker = new SimBroker(kernel, { cuts: this.random.one([0, 0.2]) });
    this.evaluators = new Evaluators(kernel);
    this.servers = { kernel, postgres, mongo, broker, makeEvaluator: (plan) => this.evaluators.of(plan) };
    this.model = randomModel(kernel.random.fork());
    this.changes = new RandomChanges(this.model, postgres, kernel.random.fork());
    this.changes.createTables();
    this.documents = new Documents(this.model, this.servers, STATE, () => this.list.number);
    postgres.onVersion((row) => this.versions.set(Number(row[VERSION]), row));
    for (const { name, isValidated, root } of this.model.collections)
      if (isValidated) mongo.refuse(name, (document) => fieldOf(document, shownName(root, NUMBER)) === BAD);
    const random = kernel.random.fork();
    this.fileOptions = optionsOf(this.model, random);
    this.list = new SimJobList(jobOf(this.model, this.fileOptions, random));
    this.documents.loadAsked();
    this.list.onAnew = () => this.documents.loadAsked();
  }

  start(role: SimRole): SimService {
    this.isInOneProcess ||= role === 'engine';
    const service = this.make(role);
    this.services.push(service);
    service.start();
    return service;
  }

  /** Of an operator: what befalls services befalls it, too. */
  consoleAmongServices(): SimService {
    const service = this.console();
    this.services.push(service);
    return service;
  }

  /** Of an operator: no fault befalls it. */
  console(): SimService {
    return this.make(this.isInOneProcess ? 'command' : 'console');
  }

  private make(role: SimRole): SimService {
    const fail = (error: unknown) => {
      this.failure ??= error;
    };
    return new SimService(this.servers, this.list, role, `${role} ${++this.names}`, fail);
  }

  /** The job's file comes to map a collection in another way. */
  changeMapping(random: Random): void {
    const { collections } = this.model;
    const place = random.below(collections.length);
    collections[place] = changedMapping(random, collections[place] as ModelCollection);
    this.list.change({ ...this.list.job, ...readModel(this.model, this.fileOptions) });
    this.isMappingChanged = true;
  }

  kill(service: SimService): void {
    this.kernel.note(`${service.process.name} is killed`);
    service.process.kill();
    const place = this.services.indexOf(service);
    if (place >= 0) this.services.splice(place, 1);
  }

  any(): SimService {
    return this.random.one(this.services);
  }

  /** What is wrong now with documents and letters; empty where they are what the source says. */
  differences(): string[] {
    return this.documents.differences(this.record() as Incarnation | undefined);
  }

  /** Nothing happens in it any more. */
  end(): void {
    this.evaluators.dispose();
  }

  /** For people. */
  describe(): string {
    return jobFileOf(this.model, NAME, this.fileOptions);
  }

  /** It loads once, from a source that is quiet. */
  get isSnapshot(): boolean {
    return this.list.job.jobFile.mode === 'snapshot';
  }

  /** It stops at the first document that cannot be written, until that is mended. */
  get stopsAtErrors(): boolean {
    return this.list.job.jobFile.onError === 'stop';
  }

  /** It stops after so many, counted from its start. */
  get mostErrors(): number {
    return this.stopsAtErrors ? 1 : (this.list.job.jobFile.stopAfterErrors ?? Number.POSITIVE_INFINITY);
  }

  get mayStopAtErrors(): boolean {
    return this.mostErrors < Number.POSITIVE_INFINITY;
  }

  /** The source keeps little of its log for the job. */
  get isBounded(): boolean {
    return this.fileOptions.maxRetainedBytes !== undefined;
  }

  /** Where the job stays once its documents are built. */
  isAtItsEnd(): boolean {
    return this.phase() === (this.isSnapshot ? 'completed' : 'streaming');
  }

  /** As its record says; undefined before there is one. */
  phase(): unknown {
    const record = this.record();
    return record && fieldOf(record, 'phase');
  }

  /** Whether the job is what was asked for last, not what it was before. */
  isAsAsked(): boolean {
    const record = this.record();
    return record !== undefined && fieldOf(record, 'asked') === this.list.number;
  }

  /** Of the load that is there. */
  plan(): Plan | undefined {
    const record = this.record();
    return record && (fieldOf(record, 'plan') as Plan);
  }

  isPaused(): boolean {
    const record = this.record();
    return record !== undefined && fieldOf(record, 'paused') === true;
  }

  private record(): Stored | undefined {
    return this.servers.mongo.committed(STATE, JOB.name).find((each) => fieldOf(each, '_id') === JOB_ID);
  }
}

/** Worlds share the module: to compile it costs as much as most of a world. */
const quickJsModule = lazily(() => quickJs(SANDBOX_LIMITS));

class Evaluators {
  private readonly made = new Map<string, Promise<Sandbox>>();

  constructor(private readonly kernel: Kernel) {}

  of(plan: Plan): Promise<Sandbox> {
    const sandbox =
      this.made.get(plan.hash) ?? this.kernel.outside(Sandbox.create(plan, SANDBOX_LIMITS, quickJsModule));
    this.made.set(plan.hash, sandbox);
    return sandbox;
  }

  dispose(): void {
    for (const sandbox of this.made.values())
      sandbox.then(
        (each) => each.dispose(),
        () => undefined,
      );
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { of: T } | undefined;
  return () => (made ??= { of: make() }).of;
}

function optionsOf(model: Model, random: Random): JobFileOptions {
  if (random.chance(SNAPSHOT_SHARE)) return { mode: 'snapshot' };
  const maxRetainedBytes = random.chance(BOUNDED_SHARE) ? random.one(BOUNDS) : undefined;
  if (!isMendable(model)) return { maxRetainedBytes };
  if (random.chance(STOPPING_SHARE)) return { onError: 'stop', maxRetainedBytes };
  return { stopAfterErrors: random.chance(STOPPING_LATER_SHARE) ? random.between(1, 4) : undefined, maxRetainedBytes };
}

function jobOf(model: Model, options: JobFileOptions, random: Random): SimJob {
  const fanOut = { rows: random.one([1, 3, 1_000]), page: random.between(1, 3) };
  const tuning = randomTuning(random);
  const statusIntervalMs = random.one([0, 20, 500]);
  return { ...readModel(model, options), tuning, fanOut, statusIntervalMs };
}

function readModel(model: Model, options: JobFileOptions): Pick<SimJob, 'jobFile' | 'positions'> {
  const text = jobFileOf(model, NAME, options);
  const read = readJobFile(text, { fileName: 'simulated.yaml', env: {}, readSecretFile: () => '' });
  if (read.problems) throw new Error(`${text}\n${JSON.stringify(read.problems)}`);
  return read;
}

function randomTuning(random: Random): Tuning {
  const size = (): number => random.one([1, 1, 2, 3, 5, 100]);
  return {
    ...DEFAULT_TUNING,
    rowsPartitions: random.between(1, 3),
    touchesPartitions: random.between(1, 3),
    readers: random.between(1, 2),
    chunkRows: size(),
    rowsBatchRecords: size(),
    rootsPerTransaction: size(),
    rootsPerBuildTask: size(),
    batchSpacingMs: random.one([0, 40]),
  };
}
