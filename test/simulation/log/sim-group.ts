import type { Kernel, Random, SimProcess } from '../kernel/index.js';

export interface MemberParts {
  process: SimProcess;
  /** What it has in this generation, as it hears of it: the group may be further. */
  onAssigned: (generation: number, partitions: readonly number[]) => void;
  /** It hears that it is no member any more. */
  onDropped: () => void;
}

/** A membership from a join to its end: whoever joins again is another one. */
export class SimMember {
  /** Something that it has not heard yet is on its way. */
  isToBeTold = false;

  constructor(
    readonly parts: MemberParts,
    readonly group: SimGroup,
  ) {}
}

/** What the broker answers to a member of a former generation. */
export class StaleMember extends Error {
  override readonly name = 'StaleMember';
}

export interface GroupParts {
  kernel: Kernel;
  random: Random;
  topic: string;
  name: string;
  sessionMs: number;
  partitions: () => number;
  onCommitted: (partition: number, offset: number) => void;
}

/** Members hear of a new generation by their heartbeats. */
const HEARTBEATS_PER_SESSION = 3;

/**
 * A consumer group as its coordinator has it. Whenever someone comes or goes a new generation begins, and all partitions are
 * given out again; each member hears of it by an event of its own, and works on with what it had until then.
 */
export class SimGroup {
  readonly #members = new Set<SimMember>();
  readonly #committed = new Map<number, number>();
  /** Partitions whose offset somebody else has set. */
  readonly #reset = new Set<number>();
  #owners: SimMember[] = [];
  #generation = 0;
  #onCommit: (() => void)[] = [];

  constructor(private readonly parts: GroupParts) {}

  get committed(): ReadonlyMap<number, number> {
    return this.#committed;
  }

  get reset(): ReadonlySet<number> {
    return this.#reset;
  }

  get members(): readonly SimMember[] {
    return [...this.#members];
  }

  join(parts: MemberParts): SimMember {
    const member = new SimMember(parts, this);
    this.#members.add(member);
    this.redistribute();
    return member;
  }

  /** It will not hear of it. */
  leave(member: SimMember): void {
    if (this.#members.delete(member)) this.redistribute();
  }

  /** Its session is over, whatever it does: it hears of that when it comes round to it. */
  drop(member: SimMember): void {
    if (!this.#members.has(member)) return;
    this.leave(member);
    this.#tell(member);
  }

  /** Of a member that is not heard any more. */
  dropLater(member: SimMember): void {
    const { kernel, name, topic, sessionMs } = this.parts;
    const label = `session of ${member.parts.process.name} in ${topic}.${name} is over`;
    kernel.schedule(kernel.servers, label, () => this.drop(member), sessionMs);
  }

  /** As evenly as may be, or `anyhow`. */
  redistribute(anyhow = false): void {
    const { random } = this.parts;
    this.#generation++;
    const members = this.members;
    const first = random.below(Math.max(1, members.length));
    const owner = (partition: number) =>
      anyhow ? random.one(members) : (members[(first + partition) % members.length] as SimMember);
    this.#owners = members.length === 0 ? [] : Array.from({ length: this.parts.partitions() }, (_, i) => owner(i));
    for (const member of members) this.#tell(member);
  }

  isCurrent(member: SimMember, generation: number): boolean {
    return this.#members.has(member) && generation === this.#generation;
  }

  commit(member: SimMember, generation: number, offsets: ReadonlyMap<number, number>): void {
    if (!this.isCurrent(member, generation)) throw new StaleMember(`generation ${generation} is over`);
    for (const [partition, offset] of offsets) {
      this.#committed.set(partition, offset);
      this.#reset.delete(partition);
      this.parts.onCommitted(partition, offset);
    }
    this.#wake();
  }

  /** Once. */
  whenCommitted(run: () => void): void {
    this.#onCommit.push(run);
  }

  /** By an administrator's tool, which is refused while there are members. */
  setOffset(partition: number, offset: number): void {
    this.throwIfHasMembers();
    this.#committed.set(partition, offset);
    this.#reset.add(partition);
  }

  /** As a broker does with groups that had no members for long. */
  expire(): void {
    this.throwIfHasMembers();
    this.forget();
  }

  /** What was committed is gone, as with the topic. */
  forget(): void {
    this.#committed.clear();
    this.#reset.clear();
    this.#wake();
  }

  private throwIfHasMembers(): void {
    if (this.#members.size > 0) throw new Error(`the group ${this.parts.name} has members`);
  }

  #wake(): void {
    for (const run of this.#onCommit.splice(0)) run();
  }

  #tell(member: SimMember): void {
    if (member.isToBeTold) return;
    member.isToBeTold = true;
    const { kernel, random, topic, name, sessionMs } = this.parts;
    const { process, onAssigned, onDropped } = member.parts;
    const delayMs = random.chance(0.5) ? 0 : random.below(sessionMs / HEARTBEATS_PER_SESSION);
    const hear = () => {
      member.isToBeTold = false;
      if (!this.#members.has(member)) return onDropped();
      onAssigned(
        this.#generation,
        [...this.#owners.keys()].filter((partition) => this.#owners[partition] === member),
      );
    };
    kernel.schedule(process, `assignment of ${topic}.${name}`, hear, delayMs);
  }
}
