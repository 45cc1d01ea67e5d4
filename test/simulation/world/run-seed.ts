import { MillraceError } from '#errors';
import type { VerifyReport } from '#job';
import type { CallFault, Random, SimProcess, TraceEntry } from '../kernel/index.js';
import { RareFaults } from '../matrix/faults/rare-faults.js';
import { type Observed, observe } from '../matrix/observe.js';
import { Monotony } from './monotony.js';
import { seedUuids } from './seeded-uuids.js';
import type { SimService } from './sim-service.js';
import { SimWorld } from './sim-world.js';
import { Traps } from './traps.js';

export interface SeedResult {
  seed: number;
  steps: number;
  /** What is wrong, in words; undefined where everything held. */
  failure: string | undefined;
  /** How often each kind of fault happened. */
  reached: Map<string, number>;
}

export interface SeedOptions {
  onTrace?: (entry: TraceEntry) => void;
  /** Handed over before anything happens in it. */
  onWorld?: (world: SimWorld) => void;
  /** So many steps with faults, in place of the seed's own number. */
  stormSteps?: number;
}

const ROLES = ['ingest', 'transform', 'write', 'dead-letter'] as const;
const MOST_SLOW_MS = 3_000;
/** What others do meanwhile is most of what can go wrong. */
const PACES = [1, 1, 1, 0.2, 0.02];
/** To come to rest without faults. */
const CALM_STEPS = 40_000;
/** For what is late; a long one seldom. */
const AFTERMATHS_MS = [1_000, 3_000, 5_000];
const LONG_AFTERMATH_MS = 60_000;

/** The world of one seed from the first row to its rest. */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedResult> {
  const run = new SeedRun(seed, options);
  options.onWorld?.(run.world);
  let failure: string | undefined;
  try {
    failure = await run.run();
  } catch (error) {
    failure = `${run.stage}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${run.world.differences().join('\n')}`;
  }
  run.world.end();
  return { seed, steps: run.world.kernel.step, failure, reached: run.reached };
}

class SeedRun {
  readonly world: SimWorld;
  readonly reached = new Map<string, number>();
  stage = 'begin';
  private readonly random: Random;
  private readonly observed: Observed;
  private readonly rare: RareFaults;
  private readonly monotony: Monotony;
  /** Of calls, while there are faults. */
  private readonly faultShare: number;
  private readonly slowShare: number;
  private isStorm = false;
  private readonly traps = new Traps();
  /** The source has lost what the job needs: it has to be loaded again. */
  private isLost = false;
  /** The source has lost transactions: documents go back with it. */
  private isSetBack = false;
  /** What MongoDB had committed when differences were looked for. */
  private lookedAt = -1;

  constructor(
    seed: number,
    private readonly options: SeedOptions,
  ) {
    this.world = new SimWorld({
      seed,
      faultOf: (process, label) => this.faultOfCall(process, label),
      onNext: (process, label) => this.traps.look(process, label),
      ...(options.onTrace && { onTrace: options.onTrace }),
    });
    this.random = this.world.kernel.random.fork();
    seedUuids(this.random.fork());
    this.faultShare = this.random.one([0, 0.002, 0.02]);
    this.slowShare = this.random.one([0, 0.02, 0.1]);
    this.monotony = new Monotony(this.world.servers.mongo, 'target');
    this.observed = observe(this.world, (counter) => this.count(counter));
    this.rare = new RareFaults({
      world: this.world,
      observed: this.observed,
      random: this.world.kernel.random.fork(),
      onLost: (isSetBack) => {
        this.isLost = true;
        this.isSetBack ||= isSetBack;
      },
      count: (name) => this.count(name),
    });
  }

  async run(): Promise<string | undefined> {
    const { world, random } = this;
    const { kernel, servers } = world;
    for (let i = random.below(40); i > 0; i--) world.changes.transaction();
    await kernel.runUntil(() => servers.postgres.isQuiet(), 2_000);
    this.startServices();
    this.stage = 'storm';
    if (random.chance(0.7)) await this.storm(random.one([50, 300, 600]));
    // Most of the time a job follows changes: another storm then.
    if (random.chance(0.7))
      await kernel.runUntil(
        everyFew(() => this.streams()),
        CALM_STEPS,
      );
    this.rare.beginStreaming();
    await this.storm(this.options.stormSteps ?? random.one([50, 300, 300, 1_000]));
    this.stage = 'calm';
    this.calm();
    await this.comesToRest();
    if (random.chance(0.3) && !this.isLost) await this.verify();
    this.stage = 'aftermath';
    const endMs = kernel.now() + (random.chance(0.04) ? LONG_AFTERMATH_MS : random.one(AFTERMATHS_MS));
    const isOver = () => kernel.now() >= Math.max(endMs, this.rare.overAtMs) && this.rare.isOver;
    await kernel.runUntil(() => this.wrong() !== undefined || isOver(), CALM_STEPS);
    // It may have been right by chance, with something still on its way; and what is lost may be found out only now.
    await this.comesToRest();
    if (this.wrong() === undefined) this.rare.conclude(world.list.isAskedAnew);
    return this.wrong();
  }

  private async comesToRest(): Promise<void> {
    this.lookedAt = -1;
    const isOver = () => this.wrong() !== undefined || this.rests();
    await this.world.kernel.runUntil(everyFew(isOver), CALM_STEPS);
  }

  private startServices(): void {
    const { world, random } = this;
    if (random.chance(0.25)) world.start('engine');
    else for (const role of ROLES) for (let i = random.between(1, 2); i > 0; i--) world.start(role);
    for (const { process } of world.services) process.pace = random.one(PACES);
  }

  private streams(): boolean {
    this.tend();
    return this.wrong() !== undefined || this.world.phase() === 'streaming';
  }

  private rests(): boolean {
    const { world } = this;
    this.tend();
    if (!world.isAsAsked() || world.phase() !== 'streaming' || !world.servers.postgres.isQuiet()) return false;
    // Of a quiet source only a commit can change them.
    if (world.commits === this.lookedAt) return false;
    this.lookedAt = world.commits;
    return world.differences().length === 0;
  }

  /** As an operator: what cannot go on is loaded again. */
  private tend(): void {
    const { list, kernel } = this.world;
    if (list.attention === undefined || !this.isLost) return;
    kernel.note(`an operator reads ${list.attention.code}, and has the job loaded again`);
    list.askAnew();
  }

  /** Of a job at rest it finds nothing. */
  private async verify(): Promise<void> {
    const { world } = this;
    this.stage = 'verify';
    const service = world.start('console');
    let report: VerifyReport | undefined;
    let failure: unknown;
    const never = new AbortController().signal;
    service
      .command((job) => job.verify({ repair: false }, never))
      .then(
        (made) => {
          report = made;
        },
        (error: unknown) => {
          failure = error;
        },
      );
    await world.kernel.runUntil(() => report !== undefined || failure !== undefined, CALM_STEPS);
    world.kill(service);
    // That it is lost may have been found out only now.
    if (failure instanceof MillraceError && this.isLost) return;
    if (failure !== undefined) throw failure;
    const { different, missing, extra } = report as VerifyReport;
    if (different + missing + extra > 0) throw new Error(`verify finds differences: ${JSON.stringify(report)}`);
    this.count('verified');
  }

  private wrong(): string | undefined {
    const { world, monotony } = this;
    if (world.failure !== undefined)
      return `a service failed: ${world.failure instanceof Error ? world.failure.stack : String(world.failure)}`;
    const attention =
      world.list.attention ?? world.services.find((service) => service.attention !== undefined)?.attention;
    if (attention !== undefined && !this.isLost) return `the job needs a person: ${attention.stack}`;
    if (monotony.backwards.length > 0 && !this.isSetBack) return `a document went back: ${monotony.backwards[0]}`;
    return undefined;
  }

  private async storm(steps: number): Promise<void> {
    const { world, random } = this;
    const { kernel } = world;
    const end = kernel.step + steps;
    this.isStorm = true;
    const [mostBetween, changesShare] = [random.one([3, 10, 30]), random.one([0.6, 0.8, 0.95])];
    while (kernel.step < end && this.wrong() === undefined) {
      const next = kernel.step + random.between(1, mostBetween);
      await kernel.runUntil(() => kernel.step >= next, 100);
      if (random.chance(changesShare)) world.changes.transaction();
      else this.befall();
      this.rare.mayBefall();
      this.tend();
    }
    this.isStorm = false;
    this.traps.disarm();
  }

  private befall(): void {
    const { world, random } = this;
    const { mongo, broker, postgres } = world.servers;
    const faults: Record<string, () => void> = {
      'a process is killed': () => this.kill(world.any()),
      'a process stands still': () => this.standStill(world.any()),
      'a process is killed at a certain moment': () => this.trap((service) => this.kill(service)),
      'a process stands still at a certain moment': () => this.trap((service) => this.standStill(service)),
      'the primary is deposed at a certain moment': () =>
        this.trap(() => mongo.failOver({ kept: 0, unnoticed: false })),
      'the primary is deposed': () => mongo.failOver({ kept: random.below(3), unnoticed: random.chance(0.5) }),
      'MongoDB heals': () => mongo.heal(),
      'a group is rebalanced': () => broker.rebalance(random.one(broker.topicNames())),
      'a member is dropped': () => broker.redeliver(random.one(broker.topicNames())),
      'the source starts again': () => postgres.restart({ downMs: random.one([0, 500, 5_000]) }),
      ...(random.chance(0.1) && {
        'it is loaded again': () => world.list.askAnew(),
        'the slot is lost': () => {
          this.isLost = true;
          for (const slot of postgres.slotNames()) postgres.loseSlot({ slot }, 'wal_removed');
        },
        'the source fails over': () => {
          this.isLost = true;
          this.isSetBack = true;
          postgres.failOver({ lacking: random.below(3), slots: random.one(['kept', 'lost'] as const) });
        },
      }),
    };
    const name = random.one(Object.keys(faults));
    if (name.includes('group') || name.includes('member')) if (broker.topicNames().length === 0) return;
    world.kernel.note(name);
    this.count(name);
    this.observed.tell({ kind: 'fault', name });
    faults[name]?.();
  }

  private kill(service: SimService): void {
    const { world } = this;
    world.kill(service);
    world.start(service.role);
  }

  private standStill({ process }: SimService): void {
    const { kernel } = this.world;
    process.standStill();
    kernel.schedule(kernel.servers, `${process.name} goes on`, () => process.goOn(), this.random.below(30_000));
  }

  /** What befalls a process of a service then; what happens to others goes by. */
  private trap(befall: (service: SimService) => void): void {
    const { world, random } = this;
    this.traps.arm(random, (process: SimProcess) => {
      const service = world.services.find((each) => each.process === process);
      if (service === undefined) return;
      world.kernel.note('that moment has come');
      this.count('a certain moment has come');
      befall(service);
    });
  }

  /** Faults stop; those that stand still stay so half of the time, and others have their work. */
  private calm(): void {
    const { world, random } = this;
    world.servers.mongo.heal();
    for (const { process } of world.services) process.pace = 1;
    this.rare.beginCalm();
    for (const service of [...world.services]) {
      if (service.process.state === 'running') continue;
      if (random.chance(0.5)) service.process.goOn();
      else {
        world.kill(service);
        world.start(service.role);
      }
    }
  }

  private faultOfCall(process: SimProcess, label: string): CallFault | undefined {
    if (!this.isStorm) return undefined;
    if (this.random.chance(this.slowShare)) return { afterMs: this.random.below(MOST_SLOW_MS) };
    const byChance = this.random.chance(this.faultShare) ? this.random.one(['lost', 'unanswered'] as const) : undefined;
    const fault = byChance ?? this.rare.faultOf(process, label);
    if (fault === undefined) return undefined;
    this.count(`a call is ${fault}`);
    return fault;
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
