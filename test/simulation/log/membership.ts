import { ConnectionLost } from '../kernel/index.js';
import type { Connection } from './connection.js';
import type { SimBroker } from './sim-broker.js';
import { type MemberParts, type SimMember, StaleMember } from './sim-group.js';

export interface MembershipParts {
  connection: Connection;
  topic: string;
  group: string;
  /** Who it is now, and what it has. */
  onAssigned: (member: SimMember, partitions: readonly number[]) => void;
  /** It cannot join again. */
  onFailed: (error: unknown) => void;
}

/** As the member knows it; the group may be further. */
export interface Heard {
  member: SimMember;
  generation: number;
}

/** A consumer's place in its group: joins, again where it hears that it was dropped, commits, leaves. */
export class Membership {
  #heard: Heard | undefined;
  /** Of the newest try whose answer came. */
  #entered: SimMember | undefined;
  #joining: Promise<void> = Promise.resolve();
  #tries = 0;
  #left = false;

  constructor(private readonly parts: MembershipParts) {}

  get heard(): Heard | undefined {
    return this.#heard;
  }

  /** Resolves when it has joined; what it has is told by `onAssigned`. */
  join(): Promise<void> {
    this.#joining = this.#enter();
    return this.#joining;
  }

  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const heard = this.#heard;
    if (heard === undefined) throw new StaleMember('no generation was heard of yet');
    await this.#call('commit', () => heard.member.group.commit(heard.member, heard.generation, offsets));
  }

  async leave(): Promise<void> {
    this.#left = true;
    await this.#joining.catch(() => undefined);
    const member = this.#entered;
    if (member === undefined) return;
    try {
      await this.#call('leave', () => member.group.leave(member));
    } catch {
      member.group.dropLater(member);
    }
  }

  #enter(): Promise<void> {
    const { connection, topic } = this.parts;
    return connection.patiently(topic, () => this.#try(), { isWanted: () => !this.#left });
  }

  /** Not where it has joined anew already: its answer may come after the news that it was dropped. */
  async #again(isCurrent: () => boolean, joining: Promise<void>): Promise<void> {
    await joining;
    if (isCurrent()) await this.#enter();
  }

  async #try(): Promise<void> {
    const id = ++this.#tries;
    const { topic, group } = this.parts;
    let entered: SimMember | undefined;
    const parts = this.#memberParts(
      () => entered,
      () => id === this.#tries && !this.#left,
    );
    try {
      await this.#call('join', (broker) => {
        entered = broker.join(topic, group, parts);
      });
      this.#entered = entered;
    } catch (error) {
      // A member that nobody is.
      if (error instanceof ConnectionLost) entered?.group.dropLater(entered);
      throw error;
    }
  }

  #memberParts(entered: () => SimMember | undefined, isCurrent: () => boolean): MemberParts {
    return {
      process: this.parts.connection.process,
      onAssigned: (generation, partitions) => {
        const member = entered();
        if (member === undefined || !isCurrent()) return;
        this.#heard = { member, generation };
        this.parts.onAssigned(member, partitions);
      },
      onDropped: () => {
        this.#joining = this.#again(isCurrent, this.#joining);
        this.#joining.catch((error: unknown) => this.parts.onFailed(error));
      },
    };
  }

  #call<T>(what: string, carryOut: (broker: SimBroker) => T): Promise<T> {
    const { connection, topic, group } = this.parts;
    return connection.call(`${what} ${topic}.${group}`, carryOut);
  }
}
