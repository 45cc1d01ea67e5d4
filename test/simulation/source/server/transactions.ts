import { TransactionSnapshot } from '../../../../libs/sources/postgres/visibility.js';

/** The ids of an epoch begin at 3. */
const FIRST_OF_EPOCH = 3n;
const IN_EPOCH = 0xffff_ffffn;

/** Which transactions run (PostgreSQL's ProcArray), and with it what a snapshot taken now shows. */
export class Transactions {
  private readonly running = new Set<bigint>();
  /** The highest id of those that are over: a snapshot ends behind it, not behind the highest one given. */
  private latestOver: bigint;

  constructor(private next: bigint) {
    this.latestOver = next - 1n;
  }

  begin(): bigint {
    const id = this.next;
    this.running.add(id);
    this.next = following(id);
    return id;
  }

  end(id: bigint): void {
    this.running.delete(id);
    if (id > this.latestOver) this.latestOver = id;
  }

  /** All below it are over or run. */
  get nextId(): bigint {
    return this.next;
  }

  oldestRunning(): bigint {
    let oldest = this.next;
    for (const id of this.running) if (id < oldest) oldest = id;
    return oldest;
  }

  snapshot(): TransactionSnapshot {
    const xmax = following(this.latestOver);
    return snapshotOf(
      xmax,
      [...this.running].filter((id) => id < xmax),
    );
  }
}

export function snapshotOf(xmax: bigint, inProgress: readonly bigint[], xmin?: bigint): TransactionSnapshot {
  const rising = [...inProgress].sort((a, b) => (a < b ? -1 : 1));
  return TransactionSnapshot.parse(`${xmin ?? rising[0] ?? xmax}:${xmax}:${rising.join(',')}`);
}

export function following(id: bigint): bigint {
  const next = id + 1n;
  return (next & IN_EPOCH) < FIRST_OF_EPOCH ? (next & ~IN_EPOCH) + FIRST_OF_EPOCH : next;
}
