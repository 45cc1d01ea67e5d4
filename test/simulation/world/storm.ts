import type { CallFault, Random, SimProcess } from '../kernel/index.js';
import { RareFaults } from '../matrix/faults/rare-faults.js';
import type { Observed } from '../matrix/observe.js';
import type { Holding } from './holding.js';
import type { Losses } from './losses.js';
import type { Replaying } from './replaying.js';
import type { SimService } from './sim-service.js';
import type { SimWorld } from './sim-world.js';
import { Traps } from './traps.js';

export interface StormParts {
  world: SimWorld;
  losses: Losses;
  random: Random;
  observed: Observed;
  holding: Holding;
  /** By an operator, now and then. */
  isHeld: boolean;
  replaying: Replaying;
  /** Letters are, by an operator, now and then. */
  isReplayed: boolean;
  isWrong(): boolean;
  /** Looks after the job, as an operator does. */
  tend(): void;
  /** Faults that are drawn, and do not happen: to find those that matter. */
  without: ReadonlySet<string>;
  count(name: string): void;
}

/** Of a new primary, which no member follows yet. */
const LONGEST_ALONE_MS = 3_000;
const EMPHASES = [0, 1, 1, 5];
const MOST_SLOW_MS = 3_000;
const MOST_STANDING_STILL_MS = 30_000;
const SLOW = 'a call is slow';
/** As `pg_replication_slots` has it: its size, the horizon of the catalogue on a standby, `idle_replication_slot_timeout`. */
const LOST_BY = ['wal_removed', 'rows_removed', 'idle_timeout'] as const;
/** Between two of what happens, at least one step. */
const STEPS_BETWEEN = 100;

/** Changes of the source, and faults among them: of processes, servers and calls. */
export class Storm {
  readonly rare: RareFaults;
  /** Of the faults that are not to happen, those that would have. */
  readonly withheld = new Set<string>();
  /** They stand still for ever. */
  readonly lost = new Set<SimProcess>();
  private isOn = false;
  private readonly traps = new Traps();
  private readonly weights = new Map<string, number>();
  /** Of faults: what has the job loaded again is among those that are drawn from. */
  private readonly anewShare: number;
  /** Of calls. */
  private readonly faultShare: number;
  private readonly slowShare: number;
  /** Of those that append to the broker: what they carry is late then, and all that does not wait for it is early. */
  private readonly appendFaultShare: number;

  constructor(private readonly parts: StormParts) {
    const { world, random, observed, count } = parts;
    this.anewShare = random.one([0, 0.1, 0.1, 0.6]);
    this.faultShare = random.one([0, 0.002, 0.02]);
    this.slowShare = random.one([0, 0.02, 0.1]);
    this.appendFaultShare = random.one([0, 0, 0.1]);
    this.rare = new RareFaults({
      world,
      observed,
      random: random.fork(),
      onLost: (loss) => parts.losses.add(loss),
      count,
    });
  }

  async rage(steps: number): Promise<void> {
    const { world, random, holding, isHeld, isWrong, tend } = this.parts;
    const { kernel } = world;
    const end = kernel.step + steps;
    this.isOn = true;
    if (isHeld) holding.hold();
    const [mostBetween, changesShare] = [random.one([3, 10, 30]), random.one([0.6, 0.8, 0.95])];
    while (kernel.step < end && !isWrong()) {
      const next = kernel.step + random.between(1, mostBetween);
      await kernel.runUntil(() => kernel.step >= next, STEPS_BETWEEN);
      if (!random.chance(changesShare)) this.befall();
      else if (!world.isSnapshot) world.changes.transaction();
      if (!world.isSnapshot) this.rare.mayBefall();
      tend();
    }
    this.isOn = false;
    this.traps.disarm();
  }

  /** Looks at what is the next to happen. */
  look(process: SimProcess, label: string): void {
    this.traps.look(process, label);
    this.rare.look(process, label);
  }

  faultOfCall(process: SimProcess, label: string): CallFault | undefined {
    if (!this.isOn) return undefined;
    const { random, count } = this.parts;
    if (random.chance(this.slowShare)) {
      const afterMs = random.below(MOST_SLOW_MS);
      if (this.isWithheld(SLOW)) return undefined;
      count(SLOW);
      return { afterMs };
    }
    const share = this.appendFaultShare > 0 && label.startsWith('append ') ? this.appendFaultShare : this.faultShare;
    const byChance = random.chance(share) ? random.one(['lost', 'unanswered'] as const) : undefined;
    const fault = byChance ?? this.rare.faultOf(process, label);
    if (fault === undefined || this.isWithheld(`a call is ${fault}`)) return undefined;
    count(`a call is ${fault}`);
    return fault;
  }

  private isWithheld(name: string): boolean {
    if (!this.parts.without.has(name)) return false;
    this.withheld.add(name);
    return true;
  }

  private befall(): void {
    const { world, random, observed, count, holding, replaying } = this.parts;
    const faults: Record<string, () => void> = {
      ...this.ofProcesses(),
      ...this.ofServers(),
      ...(this.parts.isHeld && { 'an operator holds the job': () => holding.hold() }),
      ...(this.parts.isReplayed && { 'an operator has letters replayed': () => replaying.replay() }),
      ...(random.chance(this.anewShare) && {
        ...(this.rare.isSourceWhole && {
          'it is loaded again': () => world.list.askAnew({ dropTarget: random.chance(0.2) }),
        }),
        ...(!world.isSnapshot && this.ofTheSource()),
      }),
    };
    const name = this.drawn(Object.keys(faults));
    if (this.isWithheld(name)) return;
    world.kernel.note(name);
    count(name);
    observed.tell({ kind: 'fault', name });
    faults[name]?.();
  }

  /** Each storm has its own idea of what happens often: what needs two of a kind in a row would hardly ever come about otherwise. */
  private drawn(names: readonly string[]): string {
    const { random } = this.parts;
    const weights = names.map((name) => {
      const weight = this.weights.get(name) ?? random.one(EMPHASES);
      this.weights.set(name, weight);
      return weight;
    });
    let at = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
    return names.find((_, i) => (at -= weights[i] as number) < 0) ?? random.one(names);
  }

  private ofProcesses(): Record<string, () => void> {
    const { world } = this.parts;
    return {
      'a process is killed': () => this.kill(world.any()),
      'a process stands still': () => this.standStill(world.any()),
      'a process is killed at a certain moment': () => this.trap((service) => this.kill(service)),
      'a process stands still at a certain moment': () => this.trap((service) => this.standStill(service)),
    };
  }

  private aloneForMs(): number {
    const { random } = this.parts;
    return random.chance(0.3) ? random.below(LONGEST_ALONE_MS) : 0;
  }

  private ofServers(): Record<string, () => void> {
    const { world, random } = this.parts;
    const { mongo, broker, postgres } = world.servers;
    return {
      'the primary is deposed at a certain moment': () =>
        this.trap(() => mongo.failOver({ kept: 0, unnoticed: false, aloneForMs: this.aloneForMs() })),
      'the primary is deposed': () =>
        mongo.failOver({ kept: random.below(3), unnoticed: random.chance(0.5), aloneForMs: this.aloneForMs() }),
      'MongoDB heals': () => mongo.heal(),
      ...(broker.topicNames().length > 0 && {
        'a group is rebalanced': () => broker.rebalance(random.one(broker.topicNames())),
        'a member is dropped': () => broker.redeliver(random.one(broker.topicNames())),
      }),
      'the source starts again': () => postgres.restart({ downMs: random.one([0, 500, 5_000]) }),
    };
  }

  /** What a job that follows changes has to be loaded again for. */
  private ofTheSource(): Record<string, () => void> {
    const { world, random, losses } = this.parts;
    const { postgres } = world.servers;
    return {
      'the slot is lost': () => {
        losses.add('slot');
        const reason = random.one(LOST_BY);
        for (const slot of postgres.slotNames()) postgres.loseSlot({ slot }, reason);
      },
      'the source fails over': () => {
        losses.add('source');
        postgres.failOver({ lacking: random.below(3), slots: random.one(['kept', 'lost'] as const) });
      },
    };
  }

  private kill(service: SimService): void {
    const { world } = this.parts;
    world.kill(service);
    world.start(service.role);
  }

  private standStill({ process }: SimService): void {
    const { world, random } = this.parts;
    const { kernel } = world;
    process.standStill();
    const goOn = () => {
      if (!this.lost.has(process)) process.goOn();
    };
    kernel.schedule(kernel.servers, `${process.name} goes on`, goOn, random.below(MOST_STANDING_STILL_MS));
  }

  /** What befalls a process of a service then; what happens to others goes by. */
  private trap(befall: (service: SimService) => void): void {
    const { world, random, count } = this.parts;
    this.traps.arm(random, (process) => {
      const service = world.services.find((each) => each.process === process);
      if (service === undefined) return;
      world.kernel.note('that moment has come');
      count('a certain moment has come');
      befall(service);
    });
  }
}
