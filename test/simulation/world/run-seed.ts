import type { Random } from '../kernel/index.js';
import { type Observed, observe } from '../matrix/observe.js';
import { beginCalm } from './calm.js';
import {
  afterCompletion,
  type CompletionParts,
  complete,
  DifferencesFound,
  unlessStopped,
  verify,
  verifyDamage,
} from './completion.js';
import { Damage } from './damage.js';
import { Holding } from './holding.js';
import { Judge } from './judge.js';
import { LetterWork } from './letters.js';
import { Losses } from './losses.js';
import { Operator } from './operator.js';
import { Replaying } from './replaying.js';
import { reset } from './resetting.js';
import type { SeedOptions, SeedResult } from './seed.js';
import { seedUuids } from './seeded-uuids.js';
import { SimWorld } from './sim-world.js';
import { Storm } from './storm.js';

const ROLES = ['ingest', 'transform', 'write', 'dead-letter'] as const;
/** What others do meanwhile is most of what can go wrong. */
const PACES = [1, 1, 1, 0.2, 0.02];
/** How far behind the source's decoding may come. */
const DECODING_MS = [0, 0, 0, 100, 1_000];
/** To come to rest without faults. Fan-outs over pages of one row, two deep, took 104,940 steps (seed 70000288), and reached it. */
const CALM_STEPS = 400_000;
/** For what is late; a long one seldom. */
const AFTERMATHS_MS = [1_000, 3_000, 5_000];
const LONG_AFTERMATH_MS = 60_000;
/** Of seeds: in the calm some replicas never come back. */
const LOST_SHARE = 0.25;
/** Of seeds: an operator holds the job now and then. */
const HELD_SHARE = 0.25;
/** Of seeds: an operator has letters replayed now and then. */
const REPLAYED_SHARE = 0.15;
/** Of seeds: somebody else writes to the target of a job at rest. */
const DAMAGED_SHARE = 0.15;
/** Of seeds: an operator deals with the dead letters of a job at rest. */
const LETTERS_SHARE = 0.3;
/** Of seeds: the job is completed once it is at rest. */
const COMPLETED_SHARE = 0.15;
/** Of the others: it is forgotten once it is at rest, and run as a new one. */
const RESET_SHARE = 0.1;

/** The world of one seed from the first row to its rest. */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedResult> {
  const run = new SeedRun(seed, options);
  options.onWorld?.(run.world);
  let failure: string | undefined;
  try {
    failure = await run.run();
  } catch (error) {
    if (options.isJudgedByVerify)
      failure = error instanceof DifferencesFound ? `verify finds ${error.message}` : undefined;
    else
      failure = `${run.stage}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${run.differences().join('\n')}`;
  }
  run.world.end();
  const { reached, withheld, stormSteps, stepsToRest } = run;
  return { seed, steps: run.world.kernel.step, failure, reached, withheld, stormSteps, stepsToRest };
}

class SeedRun {
  readonly world: SimWorld;
  readonly reached = new Map<string, number>();
  stage = 'begin';
  /** Its own number. */
  stormSteps = 0;
  stepsToRest: number | undefined;
  private readonly random: Random;
  private readonly losses: Losses;
  private readonly judge: Judge;
  private readonly operator: Operator;
  private readonly completes: boolean;
  private readonly holding: Holding;
  private readonly replaying: Replaying;
  private readonly storm: Storm;
  private readonly observed: Observed;
  /** What was asked for and what MongoDB had committed when differences were looked for. */
  private lookedAt = '';

  constructor(
    seed: number,
    private readonly options: SeedOptions,
  ) {
    this.world = new SimWorld({
      seed,
      faultOf: (process, label) => this.storm.faultOfCall(process, label),
      onNext: (process, label) => this.storm.look(process, label),
      ...(options.onTrace && { onTrace: options.onTrace }),
    });
    const { world } = this;
    const count = (name: string) => this.count(name);
    const random = world.kernel.random.fork();
    this.random = random;
    seedUuids(random.fork());
    this.losses = new Losses(
      () => world.list.loads,
      () => world.isAsAsked(),
    );
    const { losses } = this;
    this.judge = new Judge(world, losses);
    this.completes = random.chance(COMPLETED_SHARE) && !world.isSnapshot;
    this.holding = new Holding(world, random.fork(), count);
    this.replaying = new Replaying(world, count);
    this.observed = observe(world, count);
    this.operator = new Operator(world, this.holding, this.judge, losses, () => this.storm.rare, count);
    this.storm = new Storm({
      world,
      losses,
      random: random.fork(),
      observed: this.observed,
      holding: this.holding,
      isHeld: random.chance(HELD_SHARE),
      replaying: this.replaying,
      isReplayed: random.chance(REPLAYED_SHARE),
      isWrong: () => this.wrong() !== undefined,
      tend: () => this.operator.tend(),
      without: new Set(options.without),
      count,
    });
  }

  async run(): Promise<string | undefined> {
    const { world, random, storm } = this;
    const { kernel, servers } = world;
    for (let i = random.below(40); i > 0; i--) world.changes.transaction();
    await kernel.runUntil(() => servers.postgres.isQuiet(), 2_000);
    this.startServices();
    world.decodesWithinMs = random.one(DECODING_MS);
    this.stage = 'storm';
    if (random.chance(0.7)) await storm.rage(random.one([50, 300, 600]));
    // Most of the time a job follows changes: another storm then.
    const follows = () => this.follows();
    if (random.chance(0.7)) await kernel.runUntil(everyFew(follows), CALM_STEPS);
    storm.rare.beginStreaming({ mayOutlastFaults: !this.completes && !this.options.isOfProgress });
    this.stormSteps = random.one([50, 300, 300, 1_000]);
    await storm.rage(this.options.stormSteps ?? this.stormSteps);
    this.stage = 'calm';
    this.calm();
    const faultsEnded = kernel.step;
    if (this.options.isJudgedByVerify) return this.verdict();
    await this.comesToRest();
    const wrong = this.wrong();
    if (wrong !== undefined) return wrong;
    this.stepsToRest = kernel.step - faultsEnded;
    return (await this.end()) ?? this.wrong();
  }

  /** What `verify` says, which drains the job itself. */
  private async verdict(): Promise<string | undefined> {
    const { world } = this;
    await world.kernel.runUntil(
      everyFew(() => this.follows() && world.isAsAsked() && !this.holding.isBusy && !this.replaying.isBusy),
      CALM_STEPS,
    );
    await verify(this.atRest);
    return undefined;
  }

  get withheld(): ReadonlySet<string> {
    return this.storm.withheld;
  }

  differences(): string[] {
    return this.judge.differences();
  }

  /** Of a job at rest; what is wrong then. */
  private async end(): Promise<string | undefined> {
    const { world, random, storm } = this;
    const { kernel } = world;
    if (world.isSnapshot) this.count('a snapshot is loaded');
    this.stage = 'verify';
    if (random.chance(0.3)) await verify(this.atRest);
    this.stage = 'damage';
    const isStill =
      !this.losses.isAny && storm.rare.isOver && !(world.mayStopAtErrors && world.documents.unwritten() > 0);
    if (random.chance(DAMAGED_SHARE) && !world.isSnapshot && isStill)
      await verifyDamage(this.atRest, this.damage(), () => this.judge.expectRepairs());
    this.stage = 'letters';
    if (random.chance(LETTERS_SHARE)) await this.dealWithLetters();
    this.stage = 'completing';
    if (this.completes && (await complete(this.atRest))) return afterCompletion(this.atRest);
    this.stage = 'resetting';
    if (!this.completes && random.chance(RESET_SHARE)) {
      const wrong = await reset(this.atRest, random.fork());
      if (wrong !== undefined) return wrong;
    }
    this.stage = 'aftermath';
    const endMs = kernel.now() + (random.chance(0.04) ? LONG_AFTERMATH_MS : random.one(AFTERMATHS_MS));
    const isOver = () => kernel.now() >= Math.max(endMs, storm.rare.overAtMs) && storm.rare.isOver;
    await kernel.runUntil(() => this.wrong() !== undefined || isOver(), CALM_STEPS);
    // It may have been right by chance, with something still on its way; and what is lost may be found out only now.
    await this.comesToRest();
    if (this.wrong() === undefined) storm.rare.conclude(world.list.loads > 1);
    return undefined;
  }

  private damage(): Damage {
    this.judge.expectStrangers();
    return new Damage(this.world, this.random.fork());
  }

  private async dealWithLetters(): Promise<void> {
    const parts = {
      ...this.atRest,
      comesToRest: () => this.comesToRest(),
      onCorrection: () => this.judge.expectCorrections(),
    };
    const work = new LetterWork(parts, this.random.fork(), {
      // What is discarded is missing for whoever verifies.
      mayDiscard: !this.completes && !this.storm.rare.isVerified,
    });
    await unlessStopped(this.atRest, () => work.happen());
    await this.comesToRest();
  }

  private async comesToRest(): Promise<void> {
    this.lookedAt = '';
    const isOver = () => this.wrong() !== undefined || this.rests();
    await this.world.kernel.runUntil(everyFew(isOver), CALM_STEPS);
  }

  private startServices(): void {
    const { world, random } = this;
    const { isOfProgress = false } = this.options;
    if (!isOfProgress && random.chance(0.25)) world.start('engine');
    else for (const role of ROLES) for (let i = isOfProgress ? 2 : random.between(1, 2); i > 0; i--) world.start(role);
    for (const { process } of world.services) process.pace = random.one(PACES);
  }

  private follows(): boolean {
    this.operator.tend();
    return this.wrong() !== undefined || this.world.isAtItsEnd();
  }

  private rests(): boolean {
    const { world } = this;
    this.operator.tend();
    if (this.holding.isBusy || this.replaying.isBusy || !world.isAsAsked() || !world.isAtItsEnd()) return false;
    if (this.storm.rare.isToBeLoadedAnew) return false;
    if (!world.servers.postgres.isQuiet()) return false;
    // It has to stop by itself, and somebody mends what stopped it.
    if (world.stopsAtErrors && world.documents.unwritten() > 0) return false;
    // Of a quiet source only a commit can change them.
    const looksAt = `${world.list.number} ${this.judge.changes}`;
    if (looksAt === this.lookedAt) return false;
    this.lookedAt = looksAt;
    return this.differences().length === 0;
  }

  private calm(): void {
    const { world, random, storm, completes } = this;
    beginCalm({
      world,
      random,
      storm,
      completes,
      losesReplicas: () => this.options.isOfProgress === true || completes || random.chance(LOST_SHARE),
      count: (name) => this.count(name),
    });
  }

  private get atRest(): CompletionParts {
    const { world, storm } = this;
    return {
      world,
      asleep: storm.lost,
      isExpected: (error) => this.judge.isExpected(error),
      mostSteps: CALM_STEPS,
      isWrong: () => this.wrong() !== undefined,
      count: (name) => this.count(name),
      tell: (happening) => this.observed.tell(happening),
    };
  }

  private wrong(): string | undefined {
    return this.options.isJudgedByVerify ? undefined : this.judge.wrong();
  }

  private count(name: string): void {
    this.reached.set(name, (this.reached.get(name) ?? 0) + 1);
  }
}

/** Looking costs more than a step. */
function everyFew(holds: () => boolean): () => boolean {
  let calls = 0;
  return () => calls++ % 20 === 0 && holds();
}
