import type { CallFault, Random, SimProcess, TraceEntry } from '../kernel/index.js';
import { Laws } from '../laws/laws.js';
import { replicasToLose } from '../laws/lost-replicas.js';
import { afterCompletion, type CompletionParts, complete, verify } from './completion.js';
import { Holding } from './holding.js';
import { Monotony } from './monotony.js';
import { seedUuids } from './seeded-uuids.js';
import { SimWorld, STATE } from './sim-world.js';

export interface SeedResult {
  seed: number;
  steps: number;
  /** What is wrong, in words; undefined where everything held. */
  failure: string | undefined;
  /** How often each kind of fault happened. */
  reached: Map<string, number>;
  /** From the end of faults until all was as it should be; undefined where it never was. */
  stepsToRest: number | undefined;
}

export interface SeedOptions {
  onTrace?: (entry: TraceEntry) => void;
  /** Handed over before anything happens in it. */
  onWorld?: (world: SimWorld) => void;
  /** Every role has two replicas, and one of each is lost when faults stop. */
  isOfProgress?: boolean;
  /** So many steps with faults, in place of the seed's own number. */
  stormSteps?: number;
}

const ROLES = ['ingest', 'transform', 'write', 'dead-letter'] as const;
/** To come to rest without faults. */
const CALM_STEPS = 40_000;
/** For what is late; a long one seldom. */
const AFTERMATHS_MS = [1_000, 3_000, 5_000];
const LONG_AFTERMATH_MS = 60_000;
/** Of seeds: in the calm some replicas never come back. */
const LOST_SHARE = 0.25;
/** Of seeds: an operator holds the job now and then. */
const HELD_SHARE = 0.25;
/** Of seeds: the job is completed once it is at rest. */
const COMPLETED_SHARE = 0.15;

/** The world of one seed from the first row to its rest. */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedResult> {
  const run = new SeedRun(seed, options);
  options.onWorld?.(run.world);
  let failure: string | undefined;
  try {
    failure = await run.run();
  } catch (error) {
    failure = `${run.stage}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${run.differences().join('\n')}`;
  }
  run.world.end();
  return { seed, steps: run.world.kernel.step, failure, reached: run.reached, stepsToRest: run.stepsToRest };
}

class SeedRun {
  readonly world: SimWorld;
  readonly reached = new Map<string, number>();
  stage = 'begin';
  stepsToRest: number | undefined;
  private readonly random: Random;
  /** What turns this seed's run takes. */
  private readonly turns: Random;
  private readonly monotony: Monotony;
  private readonly laws: Laws;
  /** Of calls, while there are faults. */
  private readonly faultShare: number;
  /** Of those that append to the broker: what they carry is late then, and all that does not wait for it is early. */
  private readonly appendFaultShare: number;
  private readonly completes: boolean;
  /** Now and then, by an operator. */
  private readonly isHeld: boolean;
  private readonly holding: Holding;
  private isStorm = false;
  /** They stand still for ever. */
  private readonly lost = new Set<SimProcess>();
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
      faultOf: (_, label) => this.faultOfCall(label),
      ...(options.onTrace && { onTrace: options.onTrace }),
    });
    this.random = this.world.kernel.random.fork();
    seedUuids(this.random.fork());
    this.faultShare = this.random.one([0, 0.002, 0.02]);
    this.monotony = new Monotony(this.world.servers.mongo, 'target');
    this.laws = new Laws({ ...this.world.servers, state: STATE });
    this.turns = this.world.kernel.random.fork();
    this.completes = this.turns.chance(COMPLETED_SHARE) && !this.world.isSnapshot;
    this.isHeld = this.turns.chance(HELD_SHARE);
    this.holding = new Holding(this.world, this.turns.fork(), (name) => this.count(name));
    this.appendFaultShare = this.turns.one([0, 0, 0.1]);
  }

  async run(): Promise<string | undefined> {
    const { world, random } = this;
    const { kernel, servers } = world;
    for (let i = random.below(40); i > 0; i--) world.changes.transaction();
    await kernel.runUntil(() => servers.postgres.isQuiet(), 2_000);
    this.startServices();
    this.stage = 'storm';
    if (random.chance(0.5)) await this.storm(random.one([50, 300]));
    // Most of the time a job follows changes: another storm then.
    if (random.chance(0.7))
      await kernel.runUntil(
        everyFew(() => this.streams()),
        CALM_STEPS,
      );
    await this.storm(this.options.stormSteps ?? random.one([50, 300, 300, 1_000]));
    this.stage = 'calm';
    this.calm();
    const faultsEnded = kernel.step;
    await kernel.runUntil(
      everyFew(() => this.wrong() !== undefined || this.rests()),
      CALM_STEPS,
    );
    const wrong = this.wrong();
    if (wrong !== undefined) return wrong;
    this.stepsToRest = kernel.step - faultsEnded;
    if (world.isSnapshot) this.count('a snapshot is loaded');
    this.stage = 'verify';
    if (random.chance(0.3)) await verify(this.atRest);
    this.stage = 'completing';
    if (this.completes && (await complete(this.atRest))) return (await afterCompletion(this.atRest)) ?? this.wrong();
    this.stage = 'aftermath';
    const endMs = kernel.now() + (random.chance(0.04) ? LONG_AFTERMATH_MS : random.one(AFTERMATHS_MS));
    await kernel.runUntil(() => this.wrong() !== undefined || kernel.now() >= endMs, CALM_STEPS);
    const differences = this.differences();
    return this.wrong() ?? (differences.length > 0 ? `went wrong again:\n${differences.join('\n')}` : undefined);
  }

  differences(): string[] {
    const apart = this.world.differences();
    return apart.length > 0 ? apart : this.laws.stageDifferences();
  }

  private startServices(): void {
    const { world, random } = this;
    const { isOfProgress = false } = this.options;
    if (!isOfProgress && random.chance(0.25)) world.start('engine');
    else for (const role of ROLES) for (let i = isOfProgress ? 2 : random.between(1, 2); i > 0; i--) world.start(role);
  }

  private streams(): boolean {
    this.tend();
    return this.wrong() !== undefined || this.world.isAtItsEnd();
  }

  private rests(): boolean {
    const { world } = this;
    this.tend();
    if (this.holding.isBusy || !world.isAtItsEnd() || !world.servers.postgres.isQuiet()) return false;
    // Of a quiet source only a commit can change them.
    const commits = world.commits + this.laws.stagings;
    if (commits === this.lookedAt) return false;
    this.lookedAt = commits;
    return this.differences().length === 0;
  }

  /** As an operator: what cannot go on is loaded again. */
  private tend(): void {
    const { list, kernel } = this.world;
    this.holding.tend();
    if (list.attention === undefined || !this.isLost) return;
    kernel.note(`an operator reads ${list.attention.code}, and has the job loaded again`);
    list.askAnew();
  }

  private get atRest(): CompletionParts {
    const { world, lost } = this;
    return {
      world,
      asleep: lost,
      mostSteps: CALM_STEPS,
      isWrong: () => this.wrong() !== undefined,
      count: (name) => this.count(name),
    };
  }

  private wrong(): string | undefined {
    const { world, monotony } = this;
    if (world.failure !== undefined)
      return `a service failed: ${world.failure instanceof Error ? world.failure.stack : String(world.failure)}`;
    const attention =
      world.list.attention ?? world.services.find((service) => service.attention !== undefined)?.attention;
    if (attention !== undefined && !this.isLost) return `the job needs a person: ${attention.stack}`;
    if (monotony.backwards.length > 0 && !this.isSetBack) return `a document went back: ${monotony.backwards[0]}`;
    return this.laws.broken;
  }

  private async storm(steps: number): Promise<void> {
    const { world, random } = this;
    const { kernel } = world;
    const end = kernel.step + steps;
    this.isStorm = true;
    if (this.isHeld) this.holding.hold();
    const [mostBetween, changesShare] = [random.one([3, 10, 30]), random.one([0.6, 0.8, 0.95])];
    while (kernel.step < end && this.wrong() === undefined) {
      const next = kernel.step + random.between(1, mostBetween);
      await kernel.runUntil(() => kernel.step >= next, 100);
      if (!random.chance(changesShare)) this.befall();
      else if (!world.isSnapshot) world.changes.transaction();
      this.tend();
    }
    this.isStorm = false;
  }

  private befall(): void {
    const { world, random } = this;
    const { mongo, broker, postgres } = world.servers;
    const faults: Record<string, () => void> = {
      'a process is killed': () => {
        const service = world.any();
        world.kill(service);
        world.start(service.role);
      },
      'a process stands still': () => {
        const { process } = world.any();
        process.standStill();
        const { kernel } = world;
        kernel.schedule(kernel.servers, `${process.name} goes on`, () => this.goOn(process), random.below(30_000));
      },
      'the primary is deposed': () => mongo.failOver({ kept: random.below(3), unnoticed: random.chance(0.5) }),
      'MongoDB heals': () => mongo.heal(),
      'a group is rebalanced': () => broker.rebalance(random.one(broker.topicNames())),
      'a member is dropped': () => broker.redeliver(random.one(broker.topicNames())),
      'the source starts again': () => postgres.restart({ downMs: random.one([0, 500, 5_000]) }),
      ...(this.isHeld && { 'an operator holds the job': () => this.holding.hold() }),
      ...(random.chance(0.1) && {
        'it is loaded again': () => world.list.askAnew(),
        ...(!world.isSnapshot && this.losses()),
      }),
    };
    const name = random.one(Object.keys(faults));
    if (name.includes('group') || name.includes('member')) if (broker.topicNames().length === 0) return;
    world.kernel.note(name);
    this.count(name);
    faults[name]?.();
  }

  /** What a job that follows changes has to be loaded again for. */
  private losses(): Record<string, () => void> {
    const { random } = this;
    const { postgres } = this.world.servers;
    return {
      'the slot is lost': () => {
        this.isLost = true;
        for (const slot of postgres.slotNames()) postgres.loseSlot({ slot }, 'wal_removed');
      },
      'the source fails over': () => {
        this.isLost = true;
        this.isSetBack = true;
        postgres.failOver({ lacking: random.below(3), slots: random.one(['kept', 'lost'] as const) });
      },
    };
  }

  /** Faults stop; those that stand still stay so half of the time, and others have their work. */
  private calm(): void {
    const { world, random } = this;
    world.servers.mongo.heal();
    for (const service of [...world.services]) {
      if (service.process.state === 'running') continue;
      if (random.chance(0.5)) service.process.goOn();
      else {
        if (this.completes) this.lost.add(service.process);
        else world.kill(service);
        world.start(service.role);
      }
    }
    if (this.options.isOfProgress || this.completes || this.turns.chance(LOST_SHARE)) this.loseReplicas();
  }

  private loseReplicas(): void {
    const { world, turns } = this;
    for (const service of replicasToLose(world.services, turns)) {
      this.count('a replica is lost for good');
      if (!this.completes && turns.chance(0.5)) world.kill(service);
      else {
        world.kernel.note(`${service.process.name} stands still for ever`);
        service.process.standStill();
        this.lost.add(service.process);
      }
    }
  }

  private goOn(process: SimProcess): void {
    if (!this.lost.has(process)) process.goOn();
  }

  private faultOfCall(label: string): CallFault | undefined {
    if (!this.isStorm) return undefined;
    const isAppend = this.appendFaultShare > 0 && label.startsWith('append ');
    if (!this.random.chance(isAppend ? this.appendFaultShare : this.faultShare)) return undefined;
    const fault = this.random.one(['lost', 'unanswered'] as const);
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
