import type { Connection } from './connection.js';
import { Fetcher } from './fetcher.js';
import { Membership } from './membership.js';
import type { Fetched } from './sim-broker.js';
import type { SimMember } from './sim-group.js';

export interface LogClientParts {
  connection: Connection;
  topic: string;
  group: string;
  /** The next offset of each partition that is wanted. */
  next: () => ReadonlyMap<number, number>;
  onAssigned: (member: SimMember, partitions: readonly number[]) => void;
  onFetched: (fetched: readonly Fetched[]) => Promise<void>;
  onFailed: (error: unknown) => void;
}

/** What a consumer has of the client: its place in the group and its fetching. Once it is dismissed nothing of it counts. */
export class LogClient {
  readonly membership: Membership;
  readonly fetcher: Fetcher;
  #isDismissed = false;

  constructor(parts: LogClientParts) {
    const { connection, topic, group, next, onAssigned, onFetched, onFailed } = parts;
    const ifKept = <A extends unknown[]>(run: (...args: A) => void) => {
      return (...args: A): void => {
        if (!this.#isDismissed) run(...args);
      };
    };
    this.membership = new Membership({
      connection,
      topic,
      group,
      onAssigned: ifKept(onAssigned),
      onFailed: ifKept(onFailed),
    });
    this.fetcher = new Fetcher({
      connection,
      topic,
      next,
      heard: () => this.membership.heard,
      onFetched: async (fetched) => (this.#isDismissed ? undefined : onFetched(fetched)),
      onFailed: ifKept(onFailed),
    });
  }

  /** Another one takes its place; what it is about may come to nothing. */
  dismiss(): void {
    this.#isDismissed = true;
    this.fetcher.end();
    void this.membership.leave();
  }
}
