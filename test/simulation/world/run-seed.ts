import type { Random, TraceEntry } from '../kernel/index.js';
import { Laws } from '../laws/laws.js';
import { replicasToLose } from '../laws/lost-replicas.js';
import { type Observed, observe } from '../matrix/observe.js';
import { collectionNamed, isContended } from '../workload/index.js';
import {
  afterCompletion,
  type CompletionParts,
  complete,
  DifferencesFound,
  unlessLost,
  verify,
  verifyDamage,
} from './completion.js';
import { Damage } from './damage.js';
import { Departures, staysAwayIn } from './departures.js';
import { Holding } from './holding.js';
import { LetterWork } from './letters.js';
import { Monotony } from './monotony.js';
import { Replaying } from './replaying.js';
import { reset } from './resetting.js';
import { seedUuids } from './seeded-uuids.js';
import { Shapes } from './shapes.js';
import { SimWorld, STATE } from './sim-world.js';
import { Storm } from './storm.js';

export interface SeedResult {
  seed: number;
  steps: number;
  /** What is wrong, in words; undefined where everything held. */
  failure: string | undefined;
  /** How often each kind of fault happened. */
  reached: Map<string, number>;
  /** Of the faults that were not to happen, those that would have. */
  withheld: ReadonlySet<string>;
  /** With faults, once the job follows changes, as the seed has it. */
  stormSteps: number;
  /** From the end of faults until all was as it should be; undefined where it never was. */
  stepsToRest: number | undefined;
}

export interface SeedOptions {
  onTrace?: (entry: TraceEntry) => void;
  /** Handed over before anything happens in it. */
  onWorld?: (world: SimWorld) => void;
  /** Every role has two replicas, and one of each is lost when faults stop. */
  isOfProgress?: boolean;
  /** Only what `verify` finds at the end counts as wrong. */
  isJudgedByVerify?: boolean;
  /** So many steps with faults, in place of the seed's own number. */
  stormSteps?: number;
  /** Faults of the storm, by name, that do not happen. */
  without?: readonly string[];
}

const ROLES = ['ingest', 'transform', 'write', 'dead-letter'] as const;
/** What others do meanwhile is most of what can go wrong. */
const PACES = [1, 1, 1, 0.2, 0.02];
/** How far behind the source's decoding may come. */
const DECODING_MS = [0, 0, 0, 100, 1_000];
/** To come to rest without faults. */
const CALM_STEPS = 100_000;
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
  private readonly monotony: Monotony;
  private readonly shapes: Shapes;
  private readonly laws: Laws;
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
    const mayComeBack = (name: string) => isContended(world.model, collectionNamed(world.model, name));
    const staysAway = staysAwayIn(world.model);
    const departures = new Departures((...place) => !world.isMappingChanged && staysAway(...place));
    this.monotony = new Monotony(world.servers.mongo, 'target', world.versions, mayComeBack, departures);
    this.shapes = new Shapes(world.servers.mongo, 'target', world.model);
    this.laws = new Laws({ ...world.servers, state: STATE });
    this.completes = random.chance(COMPLETED_SHARE) && !world.isSnapshot;
    this.holding = new Holding(world, random.fork(), count);
    this.replaying = new Replaying(world, count);
    this.observed = observe(world, count);
    this.storm = new Storm({
      world,
      random: random.fork(),
      observed: this.observed,
      holding: this.holding,
      isHeld: random.chance(HELD_SHARE),
      replaying: this.replaying,
      isReplayed: random.chance(REPLAYED_SHARE),
      isWrong: () => this.wrong() !== undefined,
      tend: () => this.tend(),
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
    const apart = this.world.differences();
    return apart.length > 0 ? apart : this.laws.stageDifferences();
  }

  /** Of a job at rest; what is wrong then. */
  private async end(): Promise<string | undefined> {
    const { world, random, storm } = this;
    const { kernel } = world;
    if (world.isSnapshot) this.count('a snapshot is loaded');
    this.stage = 'verify';
    if (random.chance(0.3)) await verify(this.atRest);
    this.stage = 'damage';
    if (random.chance(DAMAGED_SHARE) && !world.isSnapshot && !storm.losses.isAny && storm.rare.isOver)
      await verifyDamage(this.atRest, this.damage(), () => this.monotony.excuseDeleted());
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
    if (this.wrong() === undefined) storm.rare.conclude(world.list.isAskedAnew);
    return undefined;
  }

  private damage(): Damage {
    this.shapes.end();
    return new Damage(this.world, this.random.fork());
  }

  private async dealWithLetters(): Promise<void> {
    const work = new LetterWork({ ...this.atRest, comesToRest: () => this.comesToRest() }, this.random.fork(), {
      // What is discarded is missing for whoever verifies.
      mayDiscard: !this.completes && !this.storm.rare.isVerified,
    });
    this.monotony.excuseReturns();
    await unlessLost(this.atRest, () => work.happen());
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
    this.tend();
    return this.wrong() !== undefined || this.world.isAtItsEnd();
  }

  private rests(): boolean {
    const { world } = this;
    this.tend();
    if (this.holding.isBusy || this.replaying.isBusy || !world.isAsAsked() || !world.isAtItsEnd()) return false;
    if (this.storm.rare.isToBeLoadedAnew) return false;
    if (!world.servers.postgres.isQuiet()) return false;
    // It has to stop by itself, and somebody mends what stopped it.
    if (world.stopsAtErrors && world.documents.unwritten() > 0) return false;
    // Of a quiet source only a commit can change them.
    const looksAt = `${world.list.number} ${world.commits + this.laws.stagings}`;
    if (looksAt === this.lookedAt) return false;
    this.lookedAt = looksAt;
    return this.differences().length === 0;
  }

  /** As an operator: what cannot go on is loaded again. */
  private tend(): void {
    const { storm, world, holding } = this;
    const { list, kernel } = world;
    holding.tend();
    if (storm.losses.isSetBack && world.isAsAsked() && world.isAtItsEnd() && storm.losses.loaded())
      this.monotony.beginAnew(world.model.collections.map(({ name }) => name));
    const code = list.attention?.code;
    if (code === 'RETENTION_BOUND' && world.isBounded) storm.losses.add('retention');
    if (code === 'STOPPED_BY_ERROR' && world.mayStopAtErrors) return this.mend();
    if (!storm.losses.isAny || (code === undefined && !storm.rare.isToBeLoadedAnew)) return;
    if (!storm.rare.mend()) return;
    kernel.note(`an operator reads ${code ?? 'nothing'}, and has the job loaded again`);
    if (code !== undefined) this.count(`the job needs a person: ${code}`);
    list.askAnew();
  }

  /** As whoever reads what stopped it. */
  private mend(): void {
    const { world } = this;
    if (!world.servers.postgres.isQuiet() || world.changes.mend()) return;
    world.kernel.note('what stopped the job is mended, and it goes on');
    this.count('the job goes on after a stop by an error');
    world.list.askAgain();
  }

  private get atRest(): CompletionParts {
    const { world, storm } = this;
    return {
      world,
      asleep: storm.lost,
      isLost: storm.losses.isAny,
      mostSteps: CALM_STEPS,
      isWrong: () => this.wrong() !== undefined,
      count: (name) => this.count(name),
      tell: (happening) => this.observed.tell(happening),
    };
  }

  private wrong(): string | undefined {
    const { world, monotony, storm } = this;
    if (this.options.isJudgedByVerify) return undefined;
    if (world.failure !== undefined)
      return `a service failed: ${world.failure instanceof Error ? world.failure.stack : String(world.failure)}`;
    const attention =
      world.list.attention ?? world.services.find((service) => service.attention !== undefined)?.attention;
    const isMended = attention?.code === 'STOPPED_BY_ERROR' && world.mayStopAtErrors;
    if (
      attention !== undefined &&
      !isMended &&
      !storm.losses.excuse(attention.code) &&
      !(attention.code === 'RETENTION_BOUND' && world.isBounded)
    )
      return `the job needs a person: ${attention.stack}`;
    if (monotony.backwards.length > 0 && !storm.losses.isSetBack)
      return `a document went back: ${monotony.backwards[0]}`;
    return (world.isMappingChanged ? undefined : this.shapes.broken) ?? this.laws.broken;
  }

  /** Faults stop; those that stand still stay so half of the time, and others have their work. */
  private calm(): void {
    const { world, random, storm } = this;
    world.servers.mongo.heal();
    for (const { process } of world.services) process.pace = 1;
    world.decodesWithinMs = 0;
    if (world.stopsAtErrors) {
      world.changes.spoil();
      world.changes.mendForGood();
    }
    storm.rare.beginCalm();
    for (const service of [...world.services]) {
      if (service.process.state === 'running') continue;
      if (random.chance(0.5)) service.process.goOn();
      else {
        if (this.completes) storm.lost.add(service.process);
        else world.kill(service);
        world.start(service.role);
      }
    }
    if (this.options.isOfProgress || this.completes || random.chance(LOST_SHARE)) this.loseReplicas();
  }

  private loseReplicas(): void {
    const { world, random, storm } = this;
    for (const service of replicasToLose(world.services, random)) {
      this.count('a replica is lost for good');
      if (!this.completes && random.chance(0.5)) world.kill(service);
      else {
        world.kernel.note(`${service.process.name} stands still for ever`);
        service.process.standStill();
        storm.lost.add(service.process);
      }
    }
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
